//! [`Engine`]: the one seam between a screen and what it controls. `Manager` is the real one,
//! `Demo` makes data up.

use std::time::Duration;

use super::lookup::find_id;
use super::{Error, Inspector, LimitChange, Updated};
use crate::record::{ExitCause, LogChunk, Record};
use crate::spec::{ContainerId, ContainerRequest};
use crate::stats::Snapshot;

/// Everything a screen can ask for. Calls block until the answer is known: make them from an effect
/// worker.
pub trait Engine: Inspector + Send + Sync {
    /// Every container, by creation time, each with its status as it is now.
    ///
    /// # Errors
    /// When the state folder cannot be read.
    fn records(&self) -> Result<Vec<Record>, Error>;

    /// The container that `word` means: its id, its name, or a unique beginning of its id.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::Ambiguous`]; as [`Engine::records`].
    fn find(&self, word: &str) -> Result<Record, Error> {
        let records = self.records()?;
        let id = find_id(
            word,
            records
                .iter()
                .map(|record| (&record.spec.id, &record.spec.name)),
        )?;
        records
            .into_iter()
            .find(|record| record.spec.id == id)
            .ok_or_else(|| Error::Unknown(word.to_owned()))
    }

    /// Creates and starts a container. `progress` hears a line whenever there is something to wait
    /// for (building the image).
    ///
    /// # Errors
    /// When the request is wrong or a step fails; nothing half-made stays behind.
    fn launch(
        &self,
        what: &ContainerRequest,
        progress: &mut dyn FnMut(String),
    ) -> Result<ContainerId, Error>;

    /// Starts a created or stopped container from its saved spec.
    ///
    /// # Errors
    /// When it is unknown, running, or a step fails.
    fn start(&self, id: &ContainerId) -> Result<(), Error>;

    /// Stops it: SIGTERM, then after `grace` kills everything in its cgroup. Returns how it ended.
    ///
    /// # Errors
    /// When it is unknown or not running.
    fn stop(&self, id: &ContainerId, grace: Duration) -> Result<ExitCause, Error>;

    /// Stops it if it runs, then starts it.
    ///
    /// # Errors
    /// As [`Engine::stop`] and [`Engine::start`].
    fn restart(&self, id: &ContainerId, grace: Duration) -> Result<(), Error>;

    /// Freezes every process of it.
    ///
    /// # Errors
    /// When it is unknown, not running, or the kernel does not freeze it.
    fn pause(&self, id: &ContainerId) -> Result<(), Error>;

    /// Thaws it.
    ///
    /// # Errors
    /// When it is unknown, not paused, or the kernel does not thaw it.
    fn resume(&self, id: &ContainerId) -> Result<(), Error>;

    /// Sends `signal` (a number) to its init; SIGKILL ends everything in it.
    ///
    /// # Errors
    /// When it is unknown or not alive.
    fn kill(&self, id: &ContainerId, signal: i32) -> Result<(), Error>;

    /// Removes it and everything of it. A living one only with `force`.
    ///
    /// # Errors
    /// When it is unknown, alive without `force`, or something of it cannot be removed.
    fn destroy(&self, id: &ContainerId, force: bool) -> Result<(), Error>;

    /// Sets one limit, live while it runs.
    ///
    /// # Errors
    /// When it is unknown, this kernel cannot give the limit, or less memory is asked for than can
    /// be freed; nothing has changed then.
    fn set_limit(&self, id: &ContainerId, change: LimitChange) -> Result<Updated, Error>;

    /// Stops it if it is alive, as [`Engine::stop`] does, and puts it into the trash, where it is
    /// kept for some minutes.
    ///
    /// # Errors
    /// When it is unknown, does not end, or removes itself when it ends.
    fn throw_away(&self, id: &ContainerId, grace: Duration) -> Result<(), Error>;

    /// Brings it back from the trash, stopped.
    ///
    /// # Errors
    /// When it is not there any more, or its name was taken meanwhile.
    fn take_back(&self, id: &ContainerId) -> Result<(), Error>;

    /// Deletes what was in the trash for long enough. Call it now and then.
    ///
    /// # Errors
    /// When something cannot be removed.
    fn purge_trash(&self) -> Result<(), Error>;

    /// Its log, from the beginning, for reading on as it grows.
    ///
    /// # Errors
    /// When it is unknown or its log cannot be opened.
    fn log(&self, id: &ContainerId) -> Result<Box<dyn LogSource>, Error>;

    /// A sampler of the host and of every living container; it keeps files open between ticks.
    ///
    /// # Errors
    /// When this host's cgroups cannot be read at all.
    fn sampler(&self) -> Result<Box<dyn Sampling>, Error>;

    /// Something that waits for the next change of any record.
    ///
    /// # Errors
    /// When changes cannot be watched.
    fn watch(&self) -> Result<Box<dyn Watching>, Error>;
}

/// Takes one sample a call.
pub trait Sampling: Send {
    /// The figures now.
    fn sample(&mut self) -> Snapshot;
}

/// Waits for changes.
pub trait Watching: Send {
    /// Returns `true` as soon as some record has changed, `false` after `timeout`.
    ///
    /// # Errors
    /// When watching has become impossible.
    fn wait(&mut self, timeout: Duration) -> Result<bool, Error>;

    /// Why it looks again and again instead of being told, where it does.
    fn polling(&self) -> Option<Error> {
        None
    }
}

/// Reads a log on and on.
pub trait LogSource: Send {
    /// Up to `most` chunks that were not returned before; empty when there is nothing new. Never
    /// waits.
    ///
    /// # Errors
    /// When the log has become unreadable.
    fn read(&mut self, most: usize) -> Result<Vec<LogChunk>, Error>;
}
