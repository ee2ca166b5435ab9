//! `logs`: what a container wrote, from the oldest line kept, and on as it grows.

use std::time::Duration;

use nix::sys::inotify::AddWatchFlags;

use super::watch::Notices;
use super::{Error, LogSource, Manager};
use crate::record::{LogChunk, LogReader};
use crate::spec::ContainerId;

struct Log {
    reader: LogReader,
    path: std::path::PathBuf,
}

impl LogSource for Log {
    fn read(&mut self, most: usize) -> Result<Vec<LogChunk>, Error> {
        self.reader
            .read(most)
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
pub struct LogWatch(Notices);

impl LogWatch {
    /// Waits for the next change, at most for `timeout`; less where it cannot be told of one.
    ///
    /// # Errors
    /// What poll(2) says.
    pub fn wait(&self, timeout: Duration) -> Result<(), Error> {
        self.0.wait(timeout, &[]).map(drop)
    }
}

impl Manager {
    /// Its log from about `bytes` before its end.
    pub(super) fn log_near_end(
        &self,
        id: &ContainerId,
        bytes: u64,
    ) -> Result<Box<dyn LogSource>, Error> {
        let path = self.store().log(id);
        let reader = LogReader::open_near_end(&path, bytes).map_err(|e| unreadable(&path, &e))?;
        Ok(Box::new(Log { reader, path }))
    }

    /// Something that wakes when a container writes to its log.
    ///
    /// # Errors
    /// When it is gone.
    pub fn watch_log(&self, id: &ContainerId) -> Result<LogWatch, Error> {
        // its folder, not the file: logs are rotated, and the record lies beside them
        let what = AddWatchFlags::IN_MODIFY
            | AddWatchFlags::IN_CREATE
            | AddWatchFlags::IN_MOVED_TO
            | AddWatchFlags::IN_MOVE_SELF;
        let notices = Notices::of(&self.store().container(id), what)?;
        self.warn_of_polling(&notices);
        Ok(LogWatch(notices))
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
