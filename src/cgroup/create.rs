//! Making a container's folders: safe against others who make and remove theirs at the same time.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;

use super::folders::{remove_tree, write_file};
use super::{CgroupError, Controller};

/// How often a parent may be removed concurrently before we give up.
const ATTEMPTS: usize = 1000;
/// How often our own processes are moved out of the way before that counts as refused.
const VACATE_ATTEMPTS: usize = 5;
/// The leaf our own processes move to when they stand where containers' cgroups must hang.
const MANAGER_LEAF: &str = "minic-manager";

/// Makes `parent` (shared with other containers; made and removed by whoever comes first and last)
/// and `child` in it. A child left over by a crash is removed first, so that its counters are not
/// inherited.
pub(super) fn make_folder(parent: &Path, child: &Path) -> Result<(), CgroupError> {
    make_both(parent, child).inspect_err(|_| {
        // an empty parent is not left behind; it fails, rightly, while others are in it
        let _ = fs::remove_dir(parent);
    })
}

fn make_both(parent: &Path, child: &Path) -> Result<(), CgroupError> {
    let mut error = io::Error::from(ErrorKind::NotFound);
    for _ in 0..ATTEMPTS {
        match fs::create_dir(child) {
            Ok(()) => return Ok(()),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                remove_tree(child).map_err(|e| CgroupError {
                    hint: Some("processes of an earlier run still live in it: stop or destroy that container first".into()),
                    ..e
                })?;
            }
            // the first child, or the last one was removed this moment and the parent with it
            Err(e) if e.kind() == ErrorKind::NotFound => {
                error = e;
                match fs::create_dir(parent) {
                    Err(e) if e.kind() != ErrorKind::AlreadyExists => {
                        return Err(CgroupError::io("make", parent, &e));
                    }
                    _ => {}
                }
            }
            Err(e) => return Err(CgroupError::io("make", child, &e)),
        }
    }
    Err(CgroupError::io("make", child, &error))
}

/// Passes controllers on from `base` to its children and from `parent` to the containers, as far as
/// they are there. Call it when the container's own folder exists: that one keeps `parent` from
/// being removed. Returns what could not be passed on; it matters only when a limit needs it.
///
/// The root of the whole tree may hold processes beside children; any other cgroup may not ("no
/// internal processes", kernel: Documentation/admin-guide/cgroup-v2.rst). Where `base` holds ours
/// alone, they move to a leaf, as systemd's delegation rules have it
/// (<https://systemd.io/CGROUP_DELEGATION/>).
pub(super) fn pass_on(base: &Path, parent: &Path) -> Vec<(Controller, CgroupError)> {
    let mut failed = Vec::new();
    for folder in [base, parent] {
        let mut here = pass_on_once(folder);
        for _ in 1..VACATE_ATTEMPTS {
            if !here.iter().any(|(_, e)| e.is(Errno::EBUSY)) {
                break;
            }
            // one of ours forked while it was being moved
            here = pass_on_once(folder);
        }
        failed.extend(here);
    }
    failed
}

fn pass_on_once(folder: &Path) -> Vec<(Controller, CgroupError)> {
    let lacking = lacking(folder);
    if lacking.is_empty() {
        return Vec::new();
    }
    // never tried with processes in it: cpu and pids would be accepted and turn it into a threaded
    // domain, whose children take no processes at all
    if let Err(e) = vacate(folder) {
        return lacking.into_iter().map(|c| (c, e.clone())).collect();
    }
    lacking
        .into_iter()
        .filter_map(|c| enable(folder, c).err().map(|e| (c, e)))
        .collect()
}

/// Controllers that `folder` has but does not pass on.
fn lacking(folder: &Path) -> Vec<Controller> {
    let words = |file: &str| fs::read_to_string(folder.join(file)).unwrap_or_default();
    let list = |text: &str| {
        text.split_whitespace()
            .filter_map(Controller::from_v2)
            .collect::<Vec<_>>()
    };
    let (here, passed) = (
        list(&words("cgroup.controllers")),
        list(&words("cgroup.subtree_control")),
    );
    Controller::PASSED_ON
        .into_iter()
        .filter(|c| here.contains(c) && !passed.contains(c))
        .collect()
}

fn enable(folder: &Path, controller: Controller) -> Result<(), CgroupError> {
    let file = folder.join("cgroup.subtree_control");
    let value = format!("+{}", controller.v2_name().unwrap_or_default());
    write_file(&file, &value).map_err(|e| CgroupError::write(&value, &file, &e))
}

/// Moves every process of `base` to a leaf below it, if all of them run our own program. Nothing to
/// do for the root of the whole tree, which alone has no `cgroup.type`.
fn vacate(base: &Path) -> Result<(), CgroupError> {
    if !base.join("cgroup.type").exists() {
        return Ok(());
    }
    let file = base.join("cgroup.procs");
    let text = fs::read_to_string(&file).map_err(|e| CgroupError::io("read", &file, &e))?;
    let pids: Vec<&str> = text.lines().collect();
    if pids.is_empty() {
        return Ok(());
    }
    let foreign: Vec<String> = pids
        .iter()
        .filter(|pid| !is_ours(pid))
        .take(5)
        .map(|pid| name_of(pid))
        .collect();
    if !foreign.is_empty() {
        return Err(CgroupError::missing(
            "pass controllers on from",
            base,
            format!(
                "a cgroup with processes cannot, and these are not ours: {}",
                foreign.join(", ")
            ),
            Some(
                "start minic-tui in a cgroup of its own (systemd-run --scope -p Delegate=yes minic-tui …), or move them into a \
                 cgroup below it first",
            ),
        ));
    }
    let leaf = base.join(MANAGER_LEAF);
    match fs::create_dir(&leaf) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => {
            return Err(CgroupError::io("make", &leaf, &e));
        }
        _ => {}
    }
    let target = leaf.join("cgroup.procs");
    for pid in pids {
        match write_file(&target, pid) {
            Err(e) if e.raw_os_error() != Some(Errno::ESRCH as i32) => {
                return Err(CgroupError::write(pid, &target, &e));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The same program file as ours. A pid of 0 is a process outside of our pid namespace.
fn is_ours(pid: &str) -> bool {
    let file = |pid: &str| fs::metadata(format!("/proc/{pid}/exe")).map(|m| (m.dev(), m.ino()));
    match (file(pid), file("self")) {
        (Ok(theirs), Ok(ours)) => theirs == ours,
        // gone meanwhile: nothing to move
        (Err(_), Ok(_)) => pid != "0" && !Path::new("/proc").join(pid).exists(),
        _ => false,
    }
}

fn name_of(pid: &str) -> String {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    match name.trim() {
        "" => format!("pid {pid}"),
        name => format!("{name} (pid {pid})"),
    }
}

/// A v1 cpuset starts without CPUs and memory nodes and takes no process until it has some: take
/// the parent's.
pub(super) fn inherit_cpuset(folders: [&PathBuf; 2]) -> Result<(), CgroupError> {
    for folder in folders {
        for file in ["cpuset.cpus", "cpuset.mems"] {
            let path = folder.join(file);
            let own = fs::read_to_string(&path).map_err(|e| CgroupError::io("read", &path, &e))?;
            let from = folder.parent().map(|up| up.join(file)).unwrap_or_default();
            if own.trim().is_empty() {
                let value =
                    fs::read_to_string(&from).map_err(|e| CgroupError::io("read", &from, &e))?;
                write_file(&path, value.trim())
                    .map_err(|e| CgroupError::write(value.trim(), &path, &e))?;
            }
        }
    }
    Ok(())
}
