//! [`InspectError`]: what could not be inspected, and why.

use std::fmt::Display;

/// What failed, on what, and the kernel's error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InspectError(String);

/// An error of `what`.
pub(super) fn failed(what: impl Display, error: impl Display) -> InspectError {
    InspectError(format!("{what}: {error}"))
}
