//! The folders of a cgroup tree, and the files in them: written, listed, removed.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::CgroupError;

/// The folder that supervisors are in. No container's: an id of ours is 12 hex digits.
pub(super) const SUPERVISORS: &str = "supervisors";

/// The parent of the usual state folder's containers. Making it anew in nine v1 trees would cost
/// every lone launch a millisecond.
const USUAL_PARENT: &str = "minic";

/// Writes `value` as one write(2), as cgroup files want it; the file must exist.
pub(super) fn write_file(path: &Path, value: &str) -> io::Result<()> {
    OpenOptions::new()
        .write(true)
        .open(path)?
        .write_all(value.as_bytes())
}

/// Removes where supervisors are, which those that were killed could not, and the parent, each if
/// nobody is in it.
pub(super) fn remove_parent(parent: &Path) {
    let _ = fs::remove_dir(parent.join(SUPERVISORS));
    remove_if_empty(parent);
}

/// Fails while other containers are there, and that is right.
pub(super) fn remove_if_empty(parent: &Path) {
    if !parent.ends_with(USUAL_PARENT) {
        let _ = fs::remove_dir(parent);
    }
}

/// One attempt: removes `folder` and every cgroup below it.
pub(super) fn remove_tree(folder: &Path) -> Result<(), CgroupError> {
    // most have no children: one rmdir
    let error = match fs::remove_dir(folder) {
        Err(e) if e.kind() != ErrorKind::NotFound => e,
        _ => return Ok(()),
    };
    let children = children(folder);
    if children.is_empty() {
        return Err(CgroupError::io("remove", folder, &error));
    }
    for child in children {
        remove_tree(&child)?;
    }
    match fs::remove_dir(folder) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(CgroupError::io("remove", folder, &e)),
        _ => Ok(()),
    }
}

/// The cgroups directly below `folder`.
pub(super) fn children(folder: &Path) -> Vec<PathBuf> {
    // a cgroup counts the cgroups in it as links, beside its name and its own "."
    if fs::symlink_metadata(folder).is_ok_and(|about| about.nlink() == 2) {
        return Vec::new();
    }
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_type().is_ok_and(|t| t.is_dir()))
        .map(|entry| entry.path())
        .collect()
}
