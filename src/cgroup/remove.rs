//! Removing cgroup folders: children first, patient while processes die, content when they are
//! already gone.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;

use super::supervisors::SUPERVISORS;
use super::{Cgroup, CgroupError};

/// How long a dying process may keep a cgroup busy before that is an error; a kill normally needs
/// milliseconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// Longest pause between two looks.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// The parent of the usual state folder's containers. Making it anew in nine v1 trees would cost
/// every lone launch a millisecond.
const USUAL_PARENT: &str = "minic";

impl Cgroup {
    /// Removes every folder of it and of cgroups made inside it, waiting a while for dying
    /// processes; then the parent if this was its last container, but for that of the usual state
    /// folder, which is wanted again soon. Content when something or everything is already gone.
    ///
    /// # Errors
    /// When processes still live in it: [`Cgroup::kill_all`] first.
    pub(crate) fn remove(&self) -> Result<(), CgroupError> {
        let started = Instant::now();
        let mut pause = Duration::from_millis(1);
        // the first one made goes last: while anything of it is left, that one is
        for folder in self.folders.iter().rev() {
            loop {
                match remove_tree(&folder.path) {
                    Ok(()) => break,
                    Err(e) if e.is(Errno::EBUSY) && started.elapsed() < PATIENCE => {
                        sleep(pause);
                        pause = (pause * 2).min(LONGEST_PAUSE);
                    }
                    Err(e) if e.is(Errno::EBUSY) => {
                        return Err(CgroupError {
                            hint: Some(format!("processes live in it: {}", self.describe_pids())),
                            ..e
                        });
                    }
                    Err(e) => return Err(e),
                }
            }
            if let Some(parent) = folder.path.parent() {
                match folder.has_cpu() {
                    true => remove_parent(parent),
                    false => remove_if_empty(parent),
                }
            }
        }
        Ok(())
    }
}

/// Removes where supervisors are, which those that were killed could not, and the parent, each if
/// nobody is in it.
pub(super) fn remove_parent(parent: &Path) {
    let _ = fs::remove_dir(parent.join(SUPERVISORS));
    remove_if_empty(parent);
}

/// Fails while other containers are there, and that is right.
fn remove_if_empty(parent: &Path) {
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
pub(super) fn children(folder: &Path) -> Vec<std::path::PathBuf> {
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
