//! [`Lock`]: an exclusive file lock (flock(2)).

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use nix::fcntl::OFlag;

use super::StoreError;
use crate::sys::files;

/// Held until dropped; the kernel releases it when the process ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for and takes the lock at `path`, creating the file if needed.
    ///
    /// # Errors
    /// When the file cannot be made or locked.
    pub fn take(path: &Path) -> Result<Self, StoreError> {
        // flock(2) needs only read access, which works on a read-only file system
        Self::wait(path, OFlag::O_CREAT)
    }

    /// Waits for and takes the lock of an existing folder.
    ///
    /// # Errors
    /// When it cannot be opened or locked.
    pub fn folder(path: &Path) -> Result<Self, StoreError> {
        Self::wait(path, OFlag::O_DIRECTORY)
    }

    /// Takes the lock of an existing folder, without waiting.
    ///
    /// # Errors
    /// When it cannot be opened or locked.
    pub fn try_folder(path: &Path) -> Result<Option<Self>, StoreError> {
        Self::attempt(path, OFlag::O_DIRECTORY)
    }

    /// Takes the lock at `path`, creating the file if needed, without waiting.
    ///
    /// # Errors
    /// When the file cannot be made or locked.
    pub fn try_take(path: &Path) -> Result<Option<Self>, StoreError> {
        Self::attempt(path, OFlag::O_CREAT)
    }

    fn wait(path: &Path, flags: OFlag) -> Result<Self, StoreError> {
        loop {
            let file = open(path, flags)?;
            file.lock().map_err(StoreError::of("lock", path))?;
            if is_there(&file, path)? {
                return Ok(Self { _file: file });
            }
        }
    }

    fn attempt(path: &Path, flags: OFlag) -> Result<Option<Self>, StoreError> {
        loop {
            let file = open(path, flags)?;
            match file.try_lock() {
                Ok(()) if is_there(&file, path)? => return Ok(Some(Self { _file: file })),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(StoreError::of("lock", path)(error)),
            }
        }
    }
}

fn open(path: &Path, flags: OFlag) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).mode(0o600);
    let opened = match flags.contains(OFlag::O_DIRECTORY) {
        true => options
            .custom_flags((flags | OFlag::O_NOFOLLOW).bits())
            .open(path),
        false => files::open(path, &mut options, flags.bits()),
    };
    opened.map_err(StoreError::of("open", path))
}

/// Whether the file still exists at `path`: a previous holder may have removed it (destroy does).
fn is_there(file: &File, path: &Path) -> Result<bool, StoreError> {
    let mine = file.metadata().map_err(StoreError::of("stat", path))?;
    Ok(std::fs::metadata(path)
        .is_ok_and(|there| there.ino() == mine.ino() && there.dev() == mine.dev()))
}

#[cfg(test)]
#[path = "lock_tests.rs"]
mod tests;
