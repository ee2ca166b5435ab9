//! A v1 cpuset for a container that was started without one, and the CPUs that there are.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use nix::errno::Errno;

use super::apply::Folder;
use super::create::{inherit_cpuset, make_folder};
use super::folders::{remove_if_empty, remove_tree, write_file};
use super::plan_more::{CPUSET, OTHER_CPUS, has_cpus};
use super::remove::PATIENCE;
use super::{Cgroup, CgroupError, Controller, Layout, Version};

/// Checks that the host has the CPUs of `list`, also where no cgroup is to be written yet.
///
/// # Errors
/// When it lacks one.
pub(crate) fn check_online(list: &str) -> Result<(), CgroupError> {
    const ONLINE: &str = "/sys/devices/system/cpu/online";
    // where sysfs is not mounted, the kernel refuses it when it is written
    match fs::read_to_string(ONLINE) {
        Ok(online) if !has_cpus(online.trim(), list) => {
            let reason = format!("this host has CPUs {}, not all of {list}", online.trim());
            Err(CgroupError::limit(
                CPUSET,
                Path::new(ONLINE),
                &reason,
                OTHER_CPUS,
            ))
        }
        _ => Ok(()),
    }
}

impl Cgroup {
    /// Where a container was started without a v1 cpuset, makes one with `cpus` and moves every
    /// process of the container there.
    pub(super) fn add_cpuset(&self, layout: &Layout, cpus: &str) -> Result<(), CgroupError> {
        let Some(folder) = self.missing_cpuset(layout) else {
            return Ok(());
        };
        let parent = folder.path.parent().unwrap_or(&folder.mount).to_owned();
        make_folder(&parent, &folder.path)?;
        let limited = inherit_cpuset([&parent, &folder.path]).and_then(|()| {
            let file = folder.path.join("cpuset.cpus");
            write_file(&file, cpus).map_err(|e| CgroupError::write(cpus, &file, &e))
        });
        let cpuset = Self::of_folder(folder);
        limited
            .and_then(|()| self.move_all_to(&cpuset))
            .inspect_err(|_| {
                // where some have moved already, it stays, without a limit
                if cpuset.paths().all(|path| remove_tree(path).is_ok()) {
                    remove_if_empty(&parent);
                } else {
                    let _ = cpuset.lift_cpuset_v1();
                }
            })
    }

    /// Gives a v1 cpuset all CPUs of its parent: v1 has no value for "no limit".
    fn lift_cpuset_v1(&self) -> Result<(), CgroupError> {
        let Some(folder) = self.folder(Version::V1, Controller::Cpuset) else {
            return Ok(());
        };
        let file = folder.path.join("cpuset.cpus");
        let parent = folder
            .path
            .parent()
            .unwrap_or(&folder.mount)
            .join("cpuset.cpus");
        let cpus = fs::read_to_string(&parent).map_err(|e| CgroupError::io("read", &parent, &e))?;
        write_file(&file, cpus.trim()).map_err(|e| CgroupError::write(cpus.trim(), &file, &e))
    }

    /// The folder in the v1 cpuset tree that this cgroup does not have.
    fn missing_cpuset(&self, layout: &Layout) -> Option<Folder> {
        let hierarchy = layout
            .hierarchy(Controller::Cpuset)
            .filter(|h| h.version == Version::V1 && !h.read_only)?;
        if self.folder(Version::V1, Controller::Cpuset).is_some() {
            return None;
        }
        let other = self.folders.first()?;
        let place: PathBuf = other.path.strip_prefix(&other.mount).ok()?.to_owned();
        Some(Folder {
            version: hierarchy.version,
            controllers: hierarchy.controllers.clone(),
            mount: hierarchy.mount.clone(),
            path: hierarchy.mount.join(place),
        })
    }

    /// Moves every process into `cpuset`, until none is left outside: what forks meanwhile may
    /// leave a child there.
    fn move_all_to(&self, cpuset: &Self) -> Result<(), CgroupError> {
        let started = Instant::now();
        loop {
            let inside = cpuset.pids();
            let mut outside = self.pids();
            outside.retain(|pid| inside.binary_search(pid).is_err());
            if outside.is_empty() {
                return Ok(());
            }
            for file in cpuset.paths().map(|path| path.join("cgroup.procs")) {
                for pid in outside.iter().map(i32::to_string) {
                    match write_file(&file, &pid) {
                        // it has ended meanwhile
                        Err(e) if e.raw_os_error() == Some(Errno::ESRCH as i32) => {}
                        other => other.map_err(|e| CgroupError::write(&pid, &file, &e))?,
                    }
                }
                if started.elapsed() > PATIENCE {
                    let reason = "new processes start faster than they can be moved";
                    let hint = "stop the container first";
                    return Err(CgroupError::missing(
                        "move processes with",
                        &file,
                        reason,
                        Some(hint),
                    ));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cpu_that_is_not_online_is_found() {
        let error = check_online("0,8191").unwrap_err().to_string();
        assert!(
            error.starts_with("--cpuset-cpus: this host has CPUs"),
            "{error}"
        );
        assert!(check_online("0").is_ok());
    }
}
