//! [`Inspector`]: the part of [`Engine`](super::Engine) that the panes look through: processes,
//! shells, changed files, isolation, events, the host.

use std::path::Path;

use super::Error;
use crate::inspect::{Changes, Extracted, ProcessInfo, Sheet};
use crate::record::LoggedEvent;
use crate::runtime::SessionOutput;
use crate::spec::ContainerId;
use crate::sys::tty::WindowSize;

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
    fn read(&mut self) -> Result<Vec<LoggedEvent>, Error>;
}

/// What a read brought.
pub type ShellOutput = SessionOutput;

/// A shell. One thread may read while another writes.
pub trait Shell: Send + Sync {
    /// Waits for output, of which at most `most` bytes come at once, or for the end.
    ///
    /// # Errors
    /// When it could not be executed, or was closed.
    fn read(&self, most: usize) -> Result<ShellOutput, Error>;

    /// Types `bytes`, waiting while it takes none.
    ///
    /// # Errors
    /// When it is gone.
    fn write(&self, bytes: &[u8]) -> Result<(), Error>;

    /// Gives its terminal another size.
    fn resize(&self, size: WindowSize);

    /// Hangs up, as closing a terminal's window does.
    fn close(&self);
}
