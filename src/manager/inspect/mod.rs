//! What the tabs of a screen look into: processes, shells, changed files, isolation, events, the
//! host. [`Inspector`] is this part of the seam; [`Manager`](super::Manager) is the real one, and
//! `Demo` makes it up.

mod capabilities;
mod changes;
mod extract;
mod extract_target;
mod host;
mod isolation;
mod limit_files;
mod processes;
mod sheet;
mod shell;

use std::path::Path;

use super::Error;
use crate::record::Happening;
use crate::spec::ContainerId;
use crate::sys::tty::WindowSize;

pub use changes::{Change, ChangeKind, Changes};
pub use extract::Extracted;
pub use processes::ProcessInfo;
pub use sheet::{Fact, Judgement, Section, Sheet};
pub use shell::{Shell, ShellOutput};

/// Everything a screen can look into. Calls block until the answer is known: make them from a
/// worker.
pub trait Inspector: Send + Sync {
    /// The processes of a running container, in no particular order. One that ends meanwhile is
    /// left out.
    ///
    /// # Errors
    /// When it is unknown or its cgroup cannot be read.
    fn processes(&self, id: &ContainerId) -> Result<Vec<ProcessInfo>, Error>;

    /// Sends `signal` (a number) to one of its processes, `pid` as the host numbers it.
    ///
    /// # Errors
    /// When that process is gone or does not belong to the container.
    fn signal_process(&self, id: &ContainerId, pid: i32, signal: i32) -> Result<(), Error>;

    /// What happened to all containers, from the oldest event kept.
    ///
    /// # Errors
    /// When the stream cannot be opened.
    fn happenings(&self) -> Result<Box<dyn Happenings>, Error>;

    /// How a container is held apart from the host: each fact with a judgement.
    ///
    /// # Errors
    /// When it is unknown or not running.
    fn isolation(&self, id: &ContainerId) -> Result<Sheet, Error>;

    /// The host itself: load, pressure, disks, kernel, control groups.
    ///
    /// # Errors
    /// When `/proc` cannot be read.
    fn host_sheet(&self) -> Result<Sheet, Error>;

    /// What this host can do, as far as that can be read: nothing is tried, made or written.
    ///
    /// # Errors
    /// None that happens: what cannot be read is a fact that says so.
    fn facts_sheet(&self) -> Result<Sheet, Error>;

    /// What `check` says of this host. It tries things out and runs containers, for some seconds.
    ///
    /// # Errors
    /// When it cannot be run.
    fn check_sheet(&self) -> Result<Sheet, Error>;

    /// What a container changed against its image.
    ///
    /// # Errors
    /// When it is unknown or its layer cannot be read.
    fn changes(&self, id: &ContainerId) -> Result<Changes, Error>;

    /// The first `most` bytes of a changed file; `path` as [`Change::path`] has it.
    ///
    /// # Errors
    /// When it is no regular file or cannot be read.
    fn changed_file(&self, id: &ContainerId, path: &str, most: usize) -> Result<Vec<u8>, Error>;

    /// Copies a changed file or folder into the host's folder `into`, or into a new one in it where
    /// others might exchange what is written there. Nothing that is there is overwritten; what
    /// cannot be copied is left out and counted. `go_on` hears some times a second how far it is,
    /// and says whether to go on.
    ///
    /// # Errors
    /// When something of that name is there, `into` is a link, or nothing at all can be read or
    /// written.
    fn extract(
        &self,
        id: &ContainerId,
        path: &str,
        into: &Path,
        go_on: &mut dyn FnMut(&Extracted) -> bool,
    ) -> Result<Extracted, Error>;

    /// Takes a change back: what the image has at `path` is there again.
    ///
    /// # Errors
    /// While it runs, and when it cannot be removed.
    fn revert(&self, id: &ContainerId, path: &str) -> Result<(), Error>;

    /// Opens a shell in a running container, in a terminal of `size`.
    ///
    /// # Errors
    /// When it does not run, or has no shell.
    fn shell(&self, id: &ContainerId, size: WindowSize) -> Result<Box<dyn Shell>, Error>;
}

/// Reads what happened on and on.
pub trait Happenings: Send {
    /// What was not returned before; empty when nothing new happened. Never waits.
    ///
    /// # Errors
    /// When the stream has become unreadable.
    fn read(&mut self) -> Result<Vec<Happening>, Error>;
}

impl Happenings for super::EventSource {
    fn read(&mut self) -> Result<Vec<Happening>, Error> {
        super::EventSource::read(self)
    }
}

/// A failure of ours about `what`.
fn failed(what: impl std::fmt::Display, error: impl std::fmt::Display) -> Error {
    Error::System {
        message: format!("{what}: {error}"),
        hint: None,
    }
}

impl Inspector for super::Manager {
    fn processes(&self, id: &ContainerId) -> Result<Vec<ProcessInfo>, Error> {
        Self::processes(self, id)
    }

    fn signal_process(&self, id: &ContainerId, pid: i32, signal: i32) -> Result<(), Error> {
        Self::signal_process(self, id, pid, signal)
    }

    fn happenings(&self) -> Result<Box<dyn Happenings>, Error> {
        Ok(Box::new(self.events()?))
    }

    fn isolation(&self, id: &ContainerId) -> Result<Sheet, Error> {
        Self::isolation(self, id)
    }

    fn host_sheet(&self) -> Result<Sheet, Error> {
        Self::host_sheet(self)
    }

    fn facts_sheet(&self) -> Result<Sheet, Error> {
        Ok(self.facts())
    }

    fn check_sheet(&self) -> Result<Sheet, Error> {
        Self::check_sheet(self)
    }

    fn changes(&self, id: &ContainerId) -> Result<Changes, Error> {
        Self::changes(self, id)
    }

    fn changed_file(&self, id: &ContainerId, path: &str, most: usize) -> Result<Vec<u8>, Error> {
        Self::changed_file(self, id, path, most)
    }

    fn extract(
        &self,
        id: &ContainerId,
        path: &str,
        into: &Path,
        go_on: &mut dyn FnMut(&Extracted) -> bool,
    ) -> Result<Extracted, Error> {
        Self::extract(self, id, path, into, go_on)
    }

    fn revert(&self, id: &ContainerId, path: &str) -> Result<(), Error> {
        Self::revert(self, id, path)
    }

    fn shell(&self, id: &ContainerId, size: WindowSize) -> Result<Box<dyn Shell>, Error> {
        Self::open_shell(self, id, size)
    }
}
