//! The census: every trace that the containers of one state folder leave on this machine.

use std::fmt;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, umount2};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// What was found. Empty when nothing is left.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Census {
    pub mounts: Vec<PathBuf>,
    pub cgroups: Vec<PathBuf>,
    pub processes: Vec<(i32, String)>,
    pub folders: Vec<PathBuf>,
}

impl Census {
    /// Counts what belongs to `state`, an absolute path.
    pub(crate) fn take(state: &Path) -> Self {
        let parent = cgroup_parent(state);
        let mut cgroups = Vec::new();
        find_cgroups(Path::new("/sys/fs/cgroup"), &parent, false, &mut cgroups);
        Self {
            mounts: mounts_below(state),
            cgroups,
            processes: processes_of(state, &parent),
            folders: folders_of(state),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Removes what was found as bluntly as it takes: the last resort of a failed test.
    pub(crate) fn sweep(&self) {
        for (pid, _) in &self.processes {
            let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
        }
        for mount in self.mounts.iter().rev() {
            let _ = umount2(mount, MntFlags::MNT_DETACH);
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
        for cgroup in self.cgroups.iter().rev() {
            let _ = fs::remove_dir(cgroup);
        }
    }
}

impl fmt::Display for Census {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.mounts
            .iter()
            .try_for_each(|path| writeln!(f, "mount {}", path.display()))?;
        self.cgroups
            .iter()
            .try_for_each(|path| writeln!(f, "cgroup {}", path.display()))?;
        self.folders
            .iter()
            .try_for_each(|path| writeln!(f, "folder {}", path.display()))?;
        self.processes
            .iter()
            .try_for_each(|(pid, why)| writeln!(f, "process {pid} ({why})"))
    }
}

/// The cgroup folder that holds the containers of `state`: the path's FNV-1a hash tells state
/// folders apart.
pub(crate) fn cgroup_parent(state: &Path) -> String {
    let hash = |h: u32, b: &u8| (h ^ u32::from(*b)).wrapping_mul(0x0100_0193);
    format!(
        "minic-{:08x}",
        state.as_os_str().as_bytes().iter().fold(0x811c_9dc5, hash)
    )
}

fn mounts_below(state: &Path) -> Vec<PathBuf> {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let points = table
        .lines()
        .filter_map(|line| line.split(' ').nth(4))
        .map(PathBuf::from);
    points.filter(|point| point.starts_with(state)).collect()
}

/// Folders named `parent` and everything below them, parents first.
pub(crate) fn find_cgroups(folder: &Path, parent: &str, inside: bool, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
    {
        let ours = inside || entry.file_name() == parent;
        if ours && !is_where_supervisors_are(&entry.path()) {
            found.push(entry.path());
        }
        find_cgroups(&entry.path(), parent, ours, found);
    }
}

/// A supervisor goes there some time after its start, and is counted as the process that it is.
/// Without one it is a leftover.
fn is_where_supervisors_are(folder: &Path) -> bool {
    folder.ends_with("supervisors")
        && fs::read_to_string(folder.join("cgroup.procs"))
            .is_ok_and(|processes| !processes.is_empty())
}

/// Processes in the state folder's cgroups, and those that hold a file below it, run with it on
/// their command line or in their environment: a supervisor is in no cgroup of ours, but holds its
/// container's log.
fn processes_of(state: &Path, parent: &str) -> Vec<(i32, String)> {
    let own = std::process::id().cast_signed();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<i32>().ok())
        else {
            continue;
        };
        let process = entry.path();
        let mentions = |file: &str| {
            let text = fs::read(process.join(file)).unwrap_or_default();
            String::from_utf8_lossy(&text).contains(&*state.to_string_lossy())
        };
        let in_cgroup =
            fs::read_to_string(process.join("cgroup")).is_ok_and(|text| text.contains(parent));
        let holds = || {
            let files = fs::read_dir(process.join("fd"))
                .into_iter()
                .flatten()
                .flatten();
            files
                .filter_map(|file| fs::read_link(file.path()).ok())
                .any(|target| target.starts_with(state))
        };
        if pid != own
            && !waits_for_process_1(&process)
            && (in_cgroup || mentions("cmdline") || mentions("environ") || holds())
        {
            let title = fs::read(process.join("cmdline")).unwrap_or_default();
            found.push((
                pid,
                String::from_utf8_lossy(&title)
                    .replace('\0', " ")
                    .trim_end()
                    .to_owned(),
            ));
        }
    }
    found
}

/// An orphan that has ended: the machine's process 1 has yet to take note of it, which some do at
/// their leisure.
fn waits_for_process_1(process: &Path) -> bool {
    let stat = fs::read_to_string(process.join("stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| rest.starts_with("Z 1 "))
}

/// Folders of single containers: the state folder's own sub-folders, its images and its files stay.
fn folders_of(state: &Path) -> Vec<PathBuf> {
    let inside = ["containers", "run"].map(|folder| fs::read_dir(state.join(folder)));
    let entries = inside.into_iter().flatten().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect()
}
