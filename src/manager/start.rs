//! `start` and `restart`: from the saved spec, in the background or with our streams attached.

use std::time::Duration;

use super::{Error, Manager};
use crate::record::{ExitCause, Status};
use crate::runtime::Console;
use crate::spec::ContainerId;

impl Manager {
    /// Starts it in the background.
    ///
    /// # Errors
    /// When it is alive or a step fails.
    pub fn start(&self, id: &ContainerId) -> Result<(), Error> {
        self.launch_locked(id, None)
    }

    /// Starts it in the foreground: our standard streams, signals and terminal size are passed through until it ends.
    ///
    /// # Errors
    /// When it is alive, a step fails, or we have threads (a screen cannot be a container's console).
    pub fn start_attached(&self, id: &ContainerId) -> Result<ExitCause, Error> {
        let console_error = |errno: nix::errno::Errno| Error::System {
            message: format!("cannot attach: {}", errno.desc()),
            hint: None,
        };
        let tty = self.store().load(id)?.spec.tty;
        let (console, far) = Console::new().map_err(console_error)?;
        self.launch_locked(id, Some(far))?;
        match console.pass_through(tty).map_err(console_error)? {
            Some(cause) => Ok(cause),
            // its supervisor was killed: what the record says is all there is
            None => match self.reconciled(self.store().load(id)?)?.status {
                Status::Stopped { cause, .. } => Ok(cause),
                _ => Ok(ExitCause::Lost),
            },
        }
    }

    /// Stops it if it is alive, then starts it.
    ///
    /// # Errors
    /// As [`Manager::stop`] and [`Manager::start`].
    pub fn restart(&self, id: &ContainerId, grace: Duration) -> Result<(), Error> {
        if self.load(id)?.status.is_alive() {
            self.stop(id, grace)?;
        }
        self.start(id)
    }
}
