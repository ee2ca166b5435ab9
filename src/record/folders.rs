//! Making and removing the folders of the store.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::Instant;

use super::StoreError;
use crate::sys::tree;

/// How often something is tried again that another process may undo at the same time.
pub(super) const MAX_TRIES: usize = 100;

/// Makes a folder and those above it, mode 0700.
pub(super) fn make_folder(folder: &Path) -> Result<(), StoreError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(StoreError::of("make", folder))
}

/// Another one who destroys the same container, and waited for its lock, makes a new one in the
/// folder while it is removed. After some tries it is theirs to remove; [`Store::sweep`] comes
/// last.
pub(super) fn remove_run_folder(folder: &Path) -> Result<(), StoreError> {
    for _ in 0..MAX_TRIES {
        match remove_folder(folder) {
            Err(error) if error.source.kind() == io::ErrorKind::DirectoryNotEmpty => {}
            removed => return removed,
        }
    }
    Ok(())
}

/// Removes a folder and all that is in it; one that is not there is no failure.
pub(super) fn remove_folder(folder: &Path) -> Result<(), StoreError> {
    remove_folder_until(folder, None)
}

/// Stops at `until` with ETIMEDOUT; what was removed by then is.
pub(super) fn remove_folder_until(folder: &Path, until: Option<Instant>) -> Result<(), StoreError> {
    match tree::remove(folder, until) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::of("remove", folder)(error))
        }
        _ => Ok(()),
    }
}
