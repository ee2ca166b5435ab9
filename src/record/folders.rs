//! Making and removing the folders of the store.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::Instant;

use super::StoreError;
use crate::sys::tree;

/// Maximum retries of what another process may undo concurrently.
pub(super) const MAX_TRIES: usize = 100;

/// Creates a folder and its parents, mode 0700.
pub(super) fn make_folder(folder: &Path) -> Result<(), StoreError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(StoreError::of("make", folder))
}

/// Another process that destroys the same container may recreate the lock file meanwhile. After
/// some retries it is left to that process, or to [`Store::sweep`].
pub(super) fn remove_run_folder(folder: &Path) -> Result<(), StoreError> {
    for _ in 0..MAX_TRIES {
        match remove_folder(folder) {
            Err(error) if error.source.kind() == io::ErrorKind::DirectoryNotEmpty => {}
            removed => return removed,
        }
    }
    Ok(())
}

/// Removes a folder recursively; a missing one is not an error.
pub(super) fn remove_folder(folder: &Path) -> Result<(), StoreError> {
    remove_folder_until(folder, None)
}

/// As [`remove_folder`]; stops at `until` with ETIMEDOUT.
pub(super) fn remove_folder_until(folder: &Path, until: Option<Instant>) -> Result<(), StoreError> {
    match tree::remove(folder, until) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::of("remove", folder)(error))
        }
        _ => Ok(()),
    }
}
