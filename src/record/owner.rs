//! Ownership of the state folder: root must not trust what others could change.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::StoreError;
use super::folders::make_folder;

/// Creates the folder if needed and checks it; one `within` a checked folder is checked without its
/// parents.
pub(super) fn ensure(folder: &Path, within: Option<&Path>) -> Result<(), StoreError> {
    if !folder.exists() {
        make_folder(folder)?;
    }
    if within.is_some_and(|checked| folder.starts_with(checked)) {
        check_itself(folder)
    } else {
        check(folder)
    }
}

/// Refuses a folder that another user owns, can write to, or could replace.
///
/// # Errors
/// Names the folder, its owner and the remedy.
fn check(folder: &Path) -> Result<(), StoreError> {
    check_itself(folder)?;
    // the folders of the path as given, and those of the resolved path
    let real = fs::canonicalize(folder).map_err(StoreError::of("find", folder))?;
    let above = folder.ancestors().skip(1).chain(real.ancestors().skip(1));
    above
        .filter(|above| !above.as_os_str().is_empty())
        .try_for_each(|above| check_above(folder, above))
}

/// Refuses a parent folder in which another user may replace entries: a writer, unless it is sticky
/// (as /tmp is), or its owner.
fn check_above(folder: &Path, above: &Path) -> Result<(), StoreError> {
    let (named, there) = (fs::symlink_metadata(above), fs::metadata(above));
    let (named, there) = (
        named.map_err(StoreError::of("stat", above))?,
        there.map_err(StoreError::of("stat", above))?,
    );
    let us = nix::unistd::geteuid().as_raw();
    if let Some(owner) = [named.uid(), there.uid()]
        .into_iter()
        .find(|owner| ![0, us].contains(owner))
    {
        let why = format!(
            "user {owner}, who owns {}, could replace what is in it",
            above.display()
        );
        return Err(refuse(
            folder,
            format!("{why}; choose a state folder whose parents only root owns"),
        ));
    }
    let sticky = there.mode() & 0o1000 != 0;
    if there.mode() & 0o002 != 0 && !sticky {
        return Err(refuse(
            folder,
            format!(
                "any user could replace what is in {}; chmod o-w it",
                above.display()
            ),
        ));
    }
    if there.mode() & 0o020 != 0 && !sticky && there.gid() != 0 {
        return Err(refuse(
            folder,
            format!(
                "group {} could replace what is in {}; chmod g-w it",
                there.gid(),
                above.display()
            ),
        ));
    }
    Ok(())
}

fn refuse(path: &Path, reason: String) -> StoreError {
    StoreError {
        op: "trust",
        path: path.to_owned(),
        source: io::Error::other(reason),
    }
}

/// As [`check`], for a folder in a checked one.
fn check_itself(folder: &Path) -> Result<(), StoreError> {
    let us = nix::unistd::geteuid().as_raw();
    // a link in a world-writable folder (/tmp) leads wherever its owner wants
    let named = fs::symlink_metadata(folder).map_err(StoreError::of("stat", folder))?;
    let there = if named.is_symlink() {
        fs::metadata(folder).map_err(StoreError::of("stat", folder))?
    } else {
        named.clone()
    };
    for owner in [named.uid(), there.uid()] {
        if owner != us {
            return Err(refuse(
                folder,
                format!(
                    "it belongs to another user ({owner}); choose another state folder, or change its owner"
                ),
            ));
        }
    }
    if !there.is_dir() {
        return Err(refuse(folder, "it is not a folder".into()));
    }
    if there.mode() & 0o022 != 0 {
        return Err(refuse(
            folder,
            format!(
                "other users can write to it (mode {:o}); chmod go-w it",
                there.mode() & 0o7777
            ),
        ));
    }
    Ok(())
}
