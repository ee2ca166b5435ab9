//! `kill`: sends a signal to a container's init.

use std::os::fd::AsFd;
use std::time::Duration;

use super::error::alive;
use super::{Error, Manager};
use crate::record::is_alive;
use crate::spec::ContainerId;
use crate::sys::pidfd;

impl Manager {
    /// Sends `signal` to its init. SIGKILL ends all its processes and counts as a stop: the restart
    /// policy does not apply.
    ///
    /// # Errors
    /// When it is not alive.
    pub fn kill(&self, id: &ContainerId, signal: i32) -> Result<(), Error> {
        if signal == nix::libc::SIGKILL {
            return self.end(id, Some(signal), Duration::ZERO).map(drop);
        }
        let record = self.load(id)?;
        let process = alive(&record, "kill")?;
        let sent = pidfd::open(process.pid).and_then(|init| {
            // check that the descriptor refers to the recorded process
            if is_alive(process) {
                pidfd::send_signal(init.as_fd(), signal)
            } else {
                Err(std::io::Error::other("it has just ended"))
            }
        });
        sent.map_err(|e| Error::System {
            message: format!("cannot signal {}: {e}", record.spec.name),
            hint: None,
        })
    }
}
