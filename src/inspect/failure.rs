//! [`InspectError`]: what could not be looked into, and why.

use std::fmt::Display;

/// What was tried, on what, and what the kernel said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InspectError(String);

/// The error of trying `what`.
pub(super) fn failed(what: impl Display, error: impl Display) -> InspectError {
    InspectError(format!("{what}: {error}"))
}
