//! `start` and `restart`: from the saved spec, in the background or with our streams attached.

use std::time::Duration;

use super::{Error, Manager, NewContainer};
use crate::record::{ExitCause, Status};
use crate::runtime::{self, AttachEnd, Console, PATIENCE};
use crate::spec::{ContainerId, DetachKeys};

impl Manager {
    /// Starts a container in the background.
    ///
    /// # Errors
    /// When it is alive or a step fails.
    pub fn start(&self, id: &ContainerId) -> Result<(), Error> {
        self.launch_locked(id, None)
    }

    /// Starts a container in the foreground: passes our standard streams, signals and terminal size
    /// through until it ends. Returns `None` when the user detaches.
    ///
    /// # Errors
    /// When it is running, a step fails, or this process has threads (a screen cannot be a
    /// container's console).
    pub fn start_attached(
        &self,
        id: &ContainerId,
        keys: &DetachKeys,
    ) -> Result<Option<ExitCause>, Error> {
        let tty = self.store().load(id)?.spec.tty;
        let (console, far) = Console::new().map_err(cannot_attach)?;
        self.launch_locked(id, Some(far))?;
        self.attached(id, &console, tty, keys)
    }

    /// Starts a new container in the foreground, as [`Manager::start_attached`] does. It is removed
    /// if it cannot be started.
    ///
    /// # Errors
    /// As [`Manager::start_attached`].
    pub fn start_new(
        &self,
        fresh: NewContainer,
        keys: &DetachKeys,
    ) -> Result<Option<ExitCause>, Error> {
        let NewContainer { record, lock } = fresh;
        let (id, tty) = (record.spec.id.clone(), record.spec.tty);
        let launched = Console::new()
            .map_err(cannot_attach)
            .and_then(|(console, far)| {
                self.launch_record(record, &lock, Some(far))?;
                Ok(console)
            });
        match launched {
            Ok(console) => {
                drop(lock);
                self.attached(&id, &console, tty, keys)
            }
            Err(error) => {
                // the caller reports the first error
                let _ = self.destroy_holding(&id, true, lock);
                Err(error)
            }
        }
    }

    /// Attaches to a running container: its output from now on, our input, signals and terminal
    /// size. Returns `None` when the user detaches.
    ///
    /// # Errors
    /// When it is not running.
    pub fn attach(&self, id: &ContainerId, keys: &DetachKeys) -> Result<Option<ExitCause>, Error> {
        let record = self.load(id)?;
        if !record.state.status.is_alive() {
            return Err(Error::wrong_state(&record, "attach", "a running one"));
        }
        let socket = runtime::connect(&self.store().run_folder(id)?).map_err(cannot_attach)?;
        self.attached(
            id,
            &Console::attach(socket).map_err(cannot_attach)?,
            record.spec.tty,
            keys,
        )
    }

    fn attached(
        &self,
        id: &ContainerId,
        console: &Console,
        tty: bool,
        keys: &DetachKeys,
    ) -> Result<Option<ExitCause>, Error> {
        match console.pass_through(tty, keys).map_err(cannot_attach)? {
            AttachEnd::Ended(cause) => Ok(Some(cause)),
            AttachEnd::Detached => Ok(None),
            AttachEnd::TooSlow => {
                let name = self
                    .load(id)
                    .map_or_else(|_| id.to_string(), |record| record.spec.name.to_string());
                let message = format!(
                    "detached from {name}: its output was not read for {} s",
                    PATIENCE.as_secs()
                );
                Err(Error::System {
                    message,
                    hint: Some(format!(
                        "further output is in its log: minic-tui logs {name}"
                    )),
                })
            }
            AttachEnd::Unwritten(errno) => {
                let message = format!(
                    "cannot write to standard output: {}; output was lost",
                    errno.desc()
                );
                Err(Error::System {
                    message,
                    hint: None,
                })
            }
            // its supervisor was killed: only the record is left
            AttachEnd::Gone => match self.load(id)?.state.status {
                Status::Stopped { cause, .. } => Ok(Some(cause)),
                _ => Ok(Some(ExitCause::Lost)),
            },
        }
    }

    /// Stops it if it is running, then starts it.
    ///
    /// # Errors
    /// As [`Manager::stop`] and [`Manager::start`].
    pub fn restart(&self, id: &ContainerId, grace: Duration) -> Result<(), Error> {
        if self.load(id)?.state.status.is_alive() {
            self.stop(id, grace)?;
        }
        self.start(id)
    }
}

fn cannot_attach(errno: nix::errno::Errno) -> Error {
    Error::System {
        message: format!("cannot attach: {}", errno.desc()),
        hint: None,
    }
}
