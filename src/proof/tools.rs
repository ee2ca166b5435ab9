//! What a proof works with, and why one stops early.

use std::time::Duration;

use crate::manager::Error;

/// The user asked to stop; every container of the check is destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// What a proof works with beside the manager.
pub(super) struct Tools<'a> {
    /// Waits; `false` when the user asked to stop meanwhile.
    pub wait: &'a mut dyn FnMut(Duration) -> bool,
    /// Hears what is being done.
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

/// Why a proof did not come to an end.
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
