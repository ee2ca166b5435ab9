//! A v1 cpuset for a container that was started without one, and the CPUs that there are.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use nix::errno::Errno;

use super::apply::Folder;
use super::create::{inherit_cpuset, make_folder};
use super::folders::{remove_if_empty, remove_tree, write_file};
use super::remove::PATIENCE;
use super::{Cgroup, CgroupError, Controller, Layout, Version};

const ONLINE: &str = "/sys/devices/system/cpu/online";

/// Checks that the CPUs of `list` are online.
///
/// # Errors
/// When one is not.
pub(crate) fn check_online(list: &str) -> Result<(), CgroupError> {
    // where sysfs is not mounted, the kernel refuses it when it is written
    let Ok(online) = fs::read_to_string(ONLINE) else {
        return Ok(());
    };
    match first_missing(list, online.trim()) {
        None => Ok(()),
        Some(cpu) => Err(CgroupError::missing(
            format!("run on CPU {cpu} of"),
            Path::new(ONLINE),
            format!("this host has CPUs {}", online.trim()),
            Some("name some of those"),
        )),
    }
}

/// The first CPU of `list` that `online` does not have; both in the kernel's list format.
fn first_missing(list: &str, online: &str) -> Option<u32> {
    let online: Vec<_> = ranges(online).collect();
    let is_online = |cpu: &u32| {
        online
            .iter()
            .any(|(first, last)| (first..=last).contains(&cpu))
    };
    ranges(list).find_map(|(first, last)| (first..=last).find(|cpu| !is_online(cpu)))
}

fn ranges(list: &str) -> impl Iterator<Item = (u32, u32)> {
    list.split(',').filter_map(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some((first.parse().ok()?, last.parse().ok()?))
    })
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
    pub(super) fn lift_cpuset_v1(&self) -> Result<(), CgroupError> {
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
        assert_eq!(first_missing("0-2,5", "0-5"), None);
        assert_eq!(first_missing("0,4", "0-2,5"), Some(4));
        assert_eq!(first_missing("1-3", "0-1,3"), Some(2));
        let error = check_online("0,8191").unwrap_err();
        assert!(error.to_string().contains("CPU 8191"), "{error}");
        assert!(check_online("0").is_ok());
    }
}
