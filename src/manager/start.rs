//! `start` and `restart`: from the saved spec, in the background or with our streams attached.

use std::time::Duration;

use super::{Error, Fresh, Manager};
use crate::record::{ExitCause, Status};
use crate::runtime::{self, AttachEnd, Console, PATIENCE};
use crate::spec::{ContainerId, DetachKeys};

impl Manager {
    /// Starts it in the background.
    ///
    /// # Errors
    /// When it is alive or a step fails.
    pub fn start(&self, id: &ContainerId) -> Result<(), Error> {
        self.launch_locked(id, None)
    }

    /// Starts it in the foreground: our standard streams, signals and terminal size are passed
    /// through until it ends; `None` when the user detached.
    ///
    /// # Errors
    /// When it is alive, a step fails, or we have threads (a screen cannot be a container's
    /// console).
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

    /// Starts a container just made, in the foreground as [`Manager::start_attached`] does. One
    /// that cannot be started does not stay behind.
    ///
    /// # Errors
    /// As [`Manager::start_attached`].
    pub fn start_fresh(&self, fresh: Fresh, keys: &DetachKeys) -> Result<Option<ExitCause>, Error> {
        let Fresh { record, lock } = fresh;
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
                // why it did not start is what the caller must hear
                let _ = self.destroy_holding(&id, true, lock);
                Err(error)
            }
        }
    }

    /// Attaches to a running one: its output from now on, our input, signals and terminal size.
    /// `None` when the user detached.
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
            AttachEnd::LetGo => {
                let name = self
                    .load(id)
                    .map_or_else(|_| id.to_string(), |record| record.spec.name.to_string());
                let message = format!(
                    "detached: its output was not read for {} s; {name} did not wait any longer",
                    PATIENCE.as_secs()
                );
                Err(Error::System {
                    message,
                    hint: Some(format!(
                        "what it goes on to write is in its log: minic-tui logs {name}"
                    )),
                })
            }
            AttachEnd::Unwritten(errno) => {
                let message = format!(
                    "cannot write to standard output: {}; not all that it wrote was shown",
                    errno.desc()
                );
                Err(Error::System {
                    message,
                    hint: None,
                })
            }
            // its supervisor was killed: what the record says is all there is
            AttachEnd::Gone => match self.load(id)?.state.status {
                Status::Stopped { cause, .. } => Ok(Some(cause)),
                _ => Ok(Some(ExitCause::Lost)),
            },
        }
    }

    /// Stops it if it is alive, then starts it.
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
