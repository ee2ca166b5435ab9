//! `logs`: the output of a container, from the oldest line kept.

use std::time::Duration;

use nix::sys::inotify::AddWatchFlags;

use super::watch::FolderWatch;
use super::{Error, LogSource, Manager};
use crate::record::{LogChunk, LogReader};
use crate::spec::ContainerId;

struct Log {
    reader: LogReader,
    path: std::path::PathBuf,
}

impl LogSource for Log {
    fn read(&mut self, max: usize) -> Result<Vec<LogChunk>, Error> {
        self.reader
            .read(max)
            .map_err(|e| unreadable(&self.path, &e))
    }
}

fn unreadable(path: &std::path::Path, error: &std::io::Error) -> Error {
    Error::System {
        message: format!("cannot read the log {}: {error}", path.display()),
        hint: None,
    }
}

/// Wakes when a container writes to its log, or its record changes.
#[derive(Debug)]
pub struct LogWatch(FolderWatch);

impl LogWatch {
    /// Waits for the next change, at most for `timeout`; shorter where it has to poll.
    ///
    /// # Errors
    /// When poll(2) fails.
    pub fn wait(&self, timeout: Duration) -> Result<(), Error> {
        self.0.wait(timeout, &[]).map(drop)
    }
}

impl Manager {
    /// Its log, starting about `bytes` before the end.
    pub(super) fn log_near_end(
        &self,
        id: &ContainerId,
        bytes: u64,
    ) -> Result<Box<dyn LogSource>, Error> {
        let path = self.store().log(id);
        let reader = LogReader::open_near_end(&path, bytes).map_err(|e| unreadable(&path, &e))?;
        Ok(Box::new(Log { reader, path }))
    }

    /// A watch that wakes when a container writes to its log.
    ///
    /// # Errors
    /// When the container is gone.
    pub fn watch_log(&self, id: &ContainerId) -> Result<LogWatch, Error> {
        // watch the folder: logs are rotated, and the record is in it too
        let what = AddWatchFlags::IN_MODIFY
            | AddWatchFlags::IN_CREATE
            | AddWatchFlags::IN_MOVED_TO
            | AddWatchFlags::IN_MOVE_SELF;
        let watch = FolderWatch::of(&self.store().container(id), what)?;
        self.warn_of_polling(&watch);
        Ok(LogWatch(watch))
    }

    /// Its log from the beginning.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn log(&self, id: &ContainerId) -> Result<Box<dyn LogSource>, Error> {
        let path = self.store().log(id);
        let reader = LogReader::open(&path).map_err(|e| unreadable(&path, &e))?;
        Ok(Box::new(Log { reader, path }))
    }
}
