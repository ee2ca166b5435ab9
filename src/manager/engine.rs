//! [`Engine`]: the interface between a screen and the containers. `Manager` is the real one,
//! `Demo` has simulated data.

use std::time::Duration;

use super::lookup::find_id;
use super::{Error, Inspector, LimitChange, Updated};
use crate::record::{ExitCause, LogChunk, Record};
use crate::spec::{ContainerId, ContainerRequest};
use crate::stats::Snapshot;

/// Everything that a screen can do. Calls block: make them from an effect worker.
pub trait Engine: Inspector + Send + Sync {
    /// All containers by creation time, with their current status.
    ///
    /// # Errors
    /// When the state folder cannot be read.
    fn records(&self) -> Result<Vec<Record>, Error>;

    /// The container with this id, name or unique id prefix.
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

    /// Creates and starts a container. `progress` gets a line for each slow step (building the
    /// image).
    ///
    /// # Errors
    /// When the request is invalid or a step fails; nothing partial is left.
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

    /// Gives it another name.
    ///
    /// # Errors
    /// When it is unknown, or the name is invalid or in use.
    fn rename(&self, id: &ContainerId, name: &str) -> Result<(), Error>;

    /// Gives it the name `back` again, if it still has the name `left`.
    ///
    /// # Errors
    /// As [`Engine::rename`]; [`Error::NotUndone`] when it has another name.
    fn restore_name(&self, id: &ContainerId, left: &str, back: &str) -> Result<(), Error>;

    /// Freezes all its processes.
    ///
    /// # Errors
    /// When it is unknown, not running, or cannot be frozen.
    fn pause(&self, id: &ContainerId) -> Result<(), Error>;

    /// Thaws it.
    ///
    /// # Errors
    /// When it is unknown, not paused, or cannot be thawed.
    fn resume(&self, id: &ContainerId) -> Result<(), Error>;

    /// Sends `signal` (a number) to its init; SIGKILL ends everything in it.
    ///
    /// # Errors
    /// When it is unknown or not alive.
    fn kill(&self, id: &ContainerId, signal: i32) -> Result<(), Error>;

    /// Removes the container and all its files; with `force` also a running one.
    ///
    /// # Errors
    /// When it is unknown, running without `force`, or a part cannot be removed.
    fn destroy(&self, id: &ContainerId, force: bool) -> Result<(), Error>;

    /// Sets one limit, of a running container at once; if `only_alive`, of no other.
    ///
    /// # Errors
    /// When it is unknown, it has ended and `only_alive`, the kernel does not support the limit, or memory in use exceeds it and
    /// cannot be freed; nothing has changed then.
    fn set_limit(
        &self,
        id: &ContainerId,
        change: LimitChange,
        only_alive: bool,
    ) -> Result<Updated, Error>;

    /// Sets one limit to `back` again, if it still is `left`.
    ///
    /// # Errors
    /// As [`Engine::set_limit`]; [`Error::NotUndone`] when it is another.
    fn restore_limit(
        &self,
        id: &ContainerId,
        left: LimitChange,
        back: LimitChange,
    ) -> Result<Updated, Error>;

    /// Stops it if it is running, as [`Engine::stop`] does, and moves it to the trash, where it is
    /// kept for some minutes.
    ///
    /// # Errors
    /// When it is unknown, does not end, or removes itself when it ends.
    fn throw_away(&self, id: &ContainerId, grace: Duration) -> Result<(), Error>;

    /// Restores it from the trash, stopped.
    ///
    /// # Errors
    /// When it is no longer there, or its name has been taken.
    fn take_back(&self, id: &ContainerId) -> Result<(), Error>;

    /// Deletes containers whose time in the trash is over. Call it periodically.
    ///
    /// # Errors
    /// When one cannot be removed.
    fn purge_trash(&self) -> Result<(), Error>;

    /// Its log, from the beginning; keep reading as it grows.
    ///
    /// # Errors
    /// When it is unknown or its log cannot be opened.
    fn log(&self, id: &ContainerId) -> Result<Box<dyn LogSource>, Error>;

    /// Its log from about `bytes` before its end; the whole of it where that costs nothing.
    ///
    /// # Errors
    /// As [`Engine::log`].
    fn log_near_end(&self, id: &ContainerId, bytes: u64) -> Result<Box<dyn LogSource>, Error> {
        let _ = bytes;
        self.log(id)
    }

    /// A sampler of the host and all running containers; it keeps files open between ticks.
    ///
    /// # Errors
    /// When this host's cgroups cannot be read at all.
    fn sampler(&self) -> Result<Box<dyn Sampling>, Error>;

    /// A watch that waits for the next change of any record.
    ///
    /// # Errors
    /// When changes cannot be watched.
    fn watch(&self) -> Result<Box<dyn Watching>, Error>;
}

/// Samples the host and the containers.
pub trait Sampling: Send {
    /// Takes a sample.
    fn sample(&mut self) -> Snapshot;
}

/// Waits for changes.
pub trait Watching: Send {
    /// Returns `true` as soon as a record has changed, `false` after `timeout`.
    ///
    /// # Errors
    /// When watching fails.
    fn wait(&mut self, timeout: Duration) -> Result<bool, Error>;

    /// Why it polls instead of being notified, if it does.
    fn polling(&self) -> Option<Error> {
        None
    }
}

/// Reads a log incrementally.
pub trait LogSource: Send {
    /// Up to `max` new chunks; empty when there are none. Never blocks.
    ///
    /// # Errors
    /// When the log cannot be read.
    fn read(&mut self, max: usize) -> Result<Vec<LogChunk>, Error>;
}
