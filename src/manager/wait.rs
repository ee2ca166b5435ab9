//! `wait`: waits until a container has ended and will not be restarted.

use std::os::fd::AsFd;
use std::time::Duration;

use super::{Error, Manager};
use crate::record::{ExitCause, Status};
use crate::runtime;
use crate::spec::ContainerId;
use crate::sys::pidfd;

/// How often a container without a supervisor is polled.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

impl Manager {
    /// Waits until it has ended for good, and returns the cause.
    ///
    /// # Errors
    /// When it is unknown or was never started.
    pub fn wait(&self, id: &ContainerId) -> Result<ExitCause, Error> {
        loop {
            let record = self.load(id)?;
            let process = match record.state.status {
                Status::Created | Status::Broken { .. } => {
                    return Err(Error::wrong_state(&record, "wait", "one that was started"));
                }
                Status::Stopped { cause, .. } if record.state.restart_at.is_none() => {
                    return Ok(cause);
                }
                status => status.process().cloned(),
            };
            let folder = self.store().run_folder(id)?;
            if let Ok(socket) = runtime::connect(&folder)
                && let Ok(Some(cause)) = runtime::await_end(&socket)
            {
                return Ok(cause);
            }
            if let Some(init) = process.and_then(|p| pidfd::open(p.pid).ok()) {
                let _ = pidfd::wait_readable(init.as_fd(), Some(POLL_INTERVAL));
            }
        }
    }
}
