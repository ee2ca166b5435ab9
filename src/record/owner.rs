//! Whose the state folder is: what anybody else could change there, root must not believe.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::StoreError;
use super::folders::make_folder;

/// Makes the folder where it is not there, and refuses it as [`check`] does; one `within` a folder
/// that was checked is looked at by itself.
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

/// Refuses a folder that somebody else owns, can write to, or could exchange for another.
///
/// # Errors
/// Which folder, whose it is, and what to do.
fn check(folder: &Path) -> Result<(), StoreError> {
    check_itself(folder)?;
    // the folders of the path as it is written, and those that its links lead through
    let real = fs::canonicalize(folder).map_err(StoreError::of("find", folder))?;
    let above = folder.ancestors().skip(1).chain(real.ancestors().skip(1));
    above
        .filter(|above| !above.as_os_str().is_empty())
        .try_for_each(|above| check_above(folder, above))
}

/// Refuses a folder in which somebody else may exchange what lies below it: whoever may write to
/// it, unless it is sticky (as /tmp is), and whoever owns it, sticky or not.
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
            "user {owner}, whose {} is, may exchange what is in it",
            above.display()
        );
        return Err(refuse(
            folder,
            format!("{why}; name a state folder below folders of root's alone"),
        ));
    }
    let sticky = there.mode() & 0o1000 != 0;
    if there.mode() & 0o002 != 0 && !sticky {
        return Err(refuse(
            folder,
            format!(
                "everybody may exchange what is in {}; chmod o-w it",
                above.display()
            ),
        ));
    }
    if there.mode() & 0o020 != 0 && !sticky && there.gid() != 0 {
        return Err(refuse(
            folder,
            format!(
                "group {} may exchange what is in {}; chmod g-w it",
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

/// As [`check`], for a folder in one that was checked.
fn check_itself(folder: &Path) -> Result<(), StoreError> {
    let us = nix::unistd::geteuid().as_raw();
    // a link in a folder that everybody may write to (/tmp) leads wherever its owner wants
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
                    "it belongs to user {owner}, not to us; name another state folder, or change its owner"
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
                "others may write to it (mode {:o}); chmod go-w it",
                there.mode() & 0o7777
            ),
        ));
    }
    Ok(())
}
