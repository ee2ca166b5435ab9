//! Removing unused generations.

use std::fs;
use std::path::Path;

use super::ImageError;
use super::home::Home;
use crate::rootfs::FileError;

/// Removes every generation below `images` but the current one and those in `keep`, and returns
/// their names.
///
/// `keep` names the generations of running containers, whose lower layers must stay. Waits for a
/// builder.
///
/// # Errors
/// [`ImageError`] when a generation cannot be moved aside.
pub(crate) fn prune(images: &Path, keep: &[String]) -> Result<Vec<String>, ImageError> {
    let home = Home::open(images)?;
    let _lock = home.lock(|| ())?;
    let current = home.current_name();
    let mut removed = Vec::new();
    for name in home.generations()? {
        if keep.contains(&name) || current.as_deref() == Some(&name) {
            continue;
        }
        let folder = home.generation(&name);
        fs::rename(&folder, home.draft(&name)).map_err(FileError::of("move aside", &folder))?;
        removed.push(name);
    }
    home.sweep();
    Ok(removed)
}
