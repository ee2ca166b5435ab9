//! What a supervisor reports to the process that asked for it: whether its command is executed.

use std::os::fd::{AsFd, OwnedFd};

use crate::runtime::LaunchError;
use crate::sys::seqpacket;

/// Whether the command was executed, or why not.
pub(crate) type Outcome = Result<(), LaunchError>;

/// Room for any outcome, in bytes.
const MESSAGE: usize = 64 * 1024;

/// Waits for the outcome.
///
/// # Errors
/// What the supervisor reported, or that it ended without a report.
pub(crate) fn read_outcome(report: &OwnedFd) -> Outcome {
    let mut buffer = vec![0; MESSAGE];
    match seqpacket::receive(report.as_fd(), &mut buffer, true) {
        Ok(0) => Err(LaunchError::plain("the supervisor ended without a report")),
        Ok(length) => serde_json::from_slice(&buffer[..length]).unwrap_or_else(|e| {
            Err(LaunchError::plain(format!(
                "invalid report from the supervisor: {e}"
            )))
        }),
        Err(errno) => Err(LaunchError::own("receive the supervisor's report", errno)),
    }
}

/// Sends the outcome to [`read_outcome`]. The caller may be gone (a killed screen), which changes
/// nothing.
pub(super) fn send_outcome(report: &OwnedFd, outcome: &Outcome) {
    if let Ok(json) = serde_json::to_vec(outcome) {
        let _ = seqpacket::send(report.as_fd(), &json, true);
    }
}
