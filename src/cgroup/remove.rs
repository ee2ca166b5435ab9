//! Removing cgroup folders: children first, waiting while processes die; those already gone are
//! removed.

use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;

use super::folders::{remove_if_empty, remove_parent, remove_tree};
use super::{Cgroup, CgroupError};

/// How long a dying process may keep a cgroup busy before that is an error; a kill normally needs
/// milliseconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// Longest pause between two looks.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_millis(20);

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
