//! [`Lock`]: one verb at a time on one thing (flock(2)).

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use super::StoreError;

/// Held until dropped. The kernel lets go of it when the process ends, however that happens.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for and takes the lock at `path`, making the file if needed.
    ///
    /// # Errors
    /// When the file cannot be made or locked.
    pub fn take(path: &Path) -> Result<Self, StoreError> {
        loop {
            let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
            let file = open.map_err(StoreError::of("open", path))?;
            file.lock().map_err(StoreError::of("lock", path))?;
            // whoever held it before may have removed the file (destroy does): then this lock guards nothing
            let mine = file.metadata().map_err(StoreError::of("stat", path))?;
            match std::fs::metadata(path) {
                Ok(there) if there.ino() == mine.ino() && there.dev() == mine.dev() => return Ok(Self { _file: file }),
                _ => {}
            }
        }
    }
}
