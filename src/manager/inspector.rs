//! [`Inspector`]: the part of [`Engine`](super::Engine) behind the panes: processes, shells,
//! changed files, isolation, events, the host.

use std::path::Path;

use super::Error;
use crate::inspect::{Changes, Connections, Extracted, ProcessInfo, Sheet};
use crate::record::LoggedEvent;
use crate::runtime::SessionOutput;
use crate::spec::ContainerId;
use crate::sys::tty::WindowSize;

/// Everything that a screen can inspect. Calls block: make them from a worker.
pub trait Inspector: Send + Sync {
    /// The processes of a running container, in no particular order. Those that end meanwhile are
    /// omitted.
    ///
    /// # Errors
    /// When it is unknown or its cgroup cannot be read.
    fn processes(&self, id: &ContainerId) -> Result<Vec<ProcessInfo>, Error>;

    /// The same of one with at most `most` processes: for what is looked at all the time.
    ///
    /// # Errors
    /// As [`Self::processes`], and when it has more.
    fn processes_up_to(&self, id: &ContainerId, most: usize) -> Result<Vec<ProcessInfo>, Error>;

    /// Sends `signal` (a number) to one of its processes by its pid on the host.
    ///
    /// # Errors
    /// When the process has ended or does not belong to the container.
    fn signal_process(&self, id: &ContainerId, pid: i32, signal: i32) -> Result<(), Error>;

    /// The events of all containers, from the oldest one kept.
    ///
    /// # Errors
    /// When the stream cannot be opened.
    fn event_stream(&self) -> Result<Box<dyn EventStream>, Error>;

    /// How a container is isolated from the host, each fact with a judgement.
    ///
    /// # Errors
    /// When it is unknown or not running.
    fn isolation(&self, id: &ContainerId) -> Result<Sheet, Error>;

    /// The sockets of a running container, with the processes that hold them.
    ///
    /// # Errors
    /// When it is unknown or not running, or the kernel does not list sockets.
    fn connections(&self, id: &ContainerId) -> Result<Connections, Error>;

    /// The host itself: load, pressure, disks, kernel, control groups.
    ///
    /// # Errors
    /// When `/proc` cannot be read.
    fn host_sheet(&self) -> Result<Sheet, Error>;

    /// What is known about the host image, or about the root filesystem at `root`: where it is kept,
    /// when it was last compared, its size. Nothing is built or written.
    ///
    /// # Errors
    /// None in practice: what cannot be read is a fact that says so.
    fn image_sheet(&self, root: Option<&Path>) -> Result<Sheet, Error>;

    /// The host's capabilities that can be read without trying, making or writing anything.
    ///
    /// # Errors
    /// None in practice: what cannot be read is a fact that says so.
    fn facts_sheet(&self) -> Result<Sheet, Error>;

    /// The results of `check`, which runs test containers for some seconds.
    ///
    /// # Errors
    /// When it cannot be run.
    fn check_sheet(&self) -> Result<Sheet, Error>;

    /// What a container changed compared to its image.
    ///
    /// # Errors
    /// When it is unknown or its layer cannot be read.
    fn changes(&self, id: &ContainerId) -> Result<Changes, Error>;

    /// The first `max` bytes of a changed file; `path` is a `Change::path`.
    ///
    /// # Errors
    /// When it is not a regular file or cannot be read.
    fn changed_file(&self, id: &ContainerId, path: &str, max: usize) -> Result<Vec<u8>, Error>;

    /// Copies a changed file or folder into the host's folder `into`, or into a new folder in it
    /// where others could replace what is written. Nothing is overwritten; what cannot be copied
    /// is skipped and counted. `proceed` gets the progress a few times a second and returns whether
    /// to continue.
    ///
    /// # Errors
    /// When the name exists, `into` is a link, or nothing can be read or written.
    fn extract(
        &self,
        id: &ContainerId,
        path: &str,
        into: &Path,
        proceed: &mut dyn FnMut(&Extracted) -> bool,
    ) -> Result<Extracted, Error>;

    /// Reverts a change: `path` is again as in the image.
    ///
    /// # Errors
    /// When the container is running or the change cannot be removed.
    fn revert(&self, id: &ContainerId, path: &str) -> Result<(), Error>;

    /// Opens a shell in a running container, in a terminal of `size`.
    ///
    /// # Errors
    /// When it is not running, or has no shell.
    fn shell(&self, id: &ContainerId, size: WindowSize) -> Result<Box<dyn Shell>, Error>;
}

/// Reads events incrementally.
pub trait EventStream: Send {
    /// The events since the last call. Never blocks.
    ///
    /// # Errors
    /// When the stream cannot be read.
    fn read(&mut self) -> Result<Vec<LoggedEvent>, Error>;
}

/// The result of a read.
pub type ShellOutput = SessionOutput;

/// A shell in a container. One thread may read while another writes.
pub trait Shell: Send + Sync {
    /// Waits for output, at most `max` bytes, or for the end.
    ///
    /// # Errors
    /// When it could not be executed, or is closed.
    fn read(&self, max: usize) -> Result<ShellOutput, Error>;

    /// Writes `bytes` to its terminal; blocks while that is full.
    ///
    /// # Errors
    /// When it has ended.
    fn write(&self, bytes: &[u8]) -> Result<(), Error>;

    /// Resizes its terminal.
    fn resize(&self, size: WindowSize);

    /// Hangs up, like closing a terminal window.
    fn close(&self);
}
