//! The manager's surface while its verbs are being built: every verb refuses.

use std::path::PathBuf;
use std::time::Duration;

use super::{Created, Error, LogSource};
use crate::cgroup::Sample;
use crate::record::{ExitCause, Record};
use crate::spec::ContainerId;
use crate::stats::Gap;

/// Where everything lives: `--state DIR` or `MINIC_ROOT`, by default `/var/lib/minic`.
#[derive(Debug, Clone)]
pub struct StateDir(pub PathBuf);

/// What creation needs beside the request.
#[derive(Debug, Clone, Copy, Default)]
pub struct CreateOptions {
    /// Give it a terminal (`-t`).
    pub tty: bool,
    /// Keep its standard input open (`-i`).
    pub interactive: bool,
    /// Destroy it when it ends (`--rm`).
    pub remove: bool,
}

/// A command to execute in a running container.
#[derive(Debug, Clone, Default)]
pub struct ExecRequest {
    /// Command and arguments.
    pub argv: Vec<String>,
    /// Added to the container's environment, `KEY=value`.
    pub env: Vec<String>,
    /// Working directory; the container's own when `None`.
    pub workdir: Option<String>,
    /// With a terminal.
    pub tty: bool,
    /// With standard input.
    pub interactive: bool,
}

/// What `info` shows.
#[derive(Debug, Clone)]
pub struct Info {
    /// The record.
    pub record: Record,
    /// Its figures while it is alive.
    pub sample: Option<Sample>,
    /// What cannot be had on this host.
    pub gaps: Vec<Gap>,
    /// Its cgroup folders, while they exist.
    pub cgroups: Vec<PathBuf>,
    /// Its folder on disk.
    pub folder: PathBuf,
    /// Its last log lines, oldest first (lossy UTF-8, at most 5).
    pub last_lines: Vec<String>,
}

/// The manager of one state folder.
#[derive(Debug)]
pub struct Manager {
    state: StateDir,
}

fn unbuilt<T>() -> Result<T, Error> {
    Err(Error::System {
        message: "not built yet".into(),
        hint: None,
    })
}

impl Manager {
    /// Opens (and makes, mode 0700) the state folder.
    ///
    /// # Errors
    /// When it cannot be made or read.
    pub fn open(state: StateDir) -> Result<Self, Error> {
        Ok(Self { state })
    }
    /// Where it lives.
    pub fn state(&self) -> &StateDir {
        &self.state
    }
    /// Every container, by creation time.
    ///
    /// # Errors
    /// When the state folder cannot be read.
    pub fn records(&self) -> Result<Vec<Record>, Error> {
        unbuilt()
    }
    /// The container that `word` means: id, name or unique prefix.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::Ambiguous`].
    pub fn find(&self, _word: &str) -> Result<Record, Error> {
        unbuilt()
    }
    /// Creates a container without starting it; builds the image on first use.
    ///
    /// # Errors
    /// When the request is wrong, the name is in use, or the disk refuses.
    pub fn create(&self, _what: &Created, _options: CreateOptions, _progress: &mut dyn FnMut(String)) -> Result<Record, Error> {
        unbuilt()
    }
    /// Starts it in the background.
    ///
    /// # Errors
    /// When it is alive or a step fails.
    pub fn start(&self, _id: &ContainerId) -> Result<(), Error> {
        unbuilt()
    }
    /// Starts it in the foreground: our standard streams, signals and terminal size are passed through until it ends.
    ///
    /// # Errors
    /// When it is alive or a step fails.
    pub fn start_attached(&self, _id: &ContainerId) -> Result<ExitCause, Error> {
        unbuilt()
    }
    /// SIGTERM, then after `grace` everything in its cgroup is killed.
    ///
    /// # Errors
    /// When it is not alive.
    pub fn stop(&self, _id: &ContainerId, _grace: Duration) -> Result<ExitCause, Error> {
        unbuilt()
    }
    /// Removes it and everything of it; a living one only with `force`.
    ///
    /// # Errors
    /// When it is alive without `force` or something of it cannot be removed.
    pub fn destroy(&self, _id: &ContainerId, _force: bool) -> Result<(), Error> {
        unbuilt()
    }
    /// Runs a command in it with our standard streams, and waits; returns its exit code (126, 127, 128+N as `run`).
    ///
    /// # Errors
    /// When it is not running or it cannot be joined.
    pub fn exec(&self, _id: &ContainerId, _request: &ExecRequest) -> Result<i32, Error> {
        unbuilt()
    }
    /// Its log from the beginning.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn log(&self, _id: &ContainerId) -> Result<Box<dyn LogSource>, Error> {
        unbuilt()
    }
    /// Everything known of it.
    ///
    /// # Errors
    /// When it is unknown.
    pub fn info(&self, _id: &ContainerId) -> Result<Info, Error> {
        unbuilt()
    }
}
