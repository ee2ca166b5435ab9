//! The context of a proof, and the errors that end one.

use std::time::Duration;

use crate::manager::Error;

/// The user wants to stop; all containers of the check have been destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// The context of a proof.
pub(super) struct Tools<'a> {
    /// Sleeps; returns `false` when the user wants to stop.
    pub wait: &'a mut dyn FnMut(Duration) -> bool,
    /// Receives progress lines.
    pub progress: &'a mut dyn FnMut(String),
}

impl Tools<'_> {
    pub(super) fn pause(&mut self, length: Duration) -> Result<(), TrialError> {
        if (self.wait)(length) {
            Ok(())
        } else {
            Err(TrialError::Interrupted)
        }
    }
}

/// Why a proof ended early.
#[derive(Debug)]
pub(super) enum TrialError {
    Interrupted,
    Failed(String),
}

impl From<Error> for TrialError {
    fn from(error: Error) -> Self {
        Self::Failed(match error.hint() {
            Some(hint) => format!("{error} ({hint})"),
            None => error.to_string(),
        })
    }
}
