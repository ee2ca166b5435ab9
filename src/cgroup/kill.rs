//! Who is in a container's cgroup; stopping, resuming and killing all of them.

use std::fs;
use std::io::ErrorKind;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc::SIGKILL;

use super::apply::Folder;
use super::folders::{children, write_file};
use super::remove::{LONGEST_PAUSE, PATIENCE};
use super::{Cgroup, CgroupError, Controller, Hierarchy, Layout, Parent, Version, parse};
use crate::spec::ContainerId;
use crate::sys::{pidfd, text};

/// How long a round of killing waits for everything to stop before it kills regardless.
const FREEZE_FOR_KILL: Duration = Duration::from_millis(200);
/// The first pause of a wait; a kill is normally over by then.
const FIRST_PAUSE: Duration = Duration::from_micros(200);
/// As many descriptors as any process may have open.
const KILLED_AT_ONCE: usize = 256;

impl Cgroup {
    /// Every process in it and in cgroups made inside it, by number; zombies are not listed.
    #[must_use]
    pub(crate) fn pids(&self) -> Vec<i32> {
        let mut pids = Vec::new();
        for folder in &self.folders {
            collect_pids(&folder.path, &mut pids);
        }
        pids.sort_unstable();
        pids.dedup();
        pids
    }

    /// Whether no process is in it.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.pids().is_empty()
    }

    /// Whether the v2 tree, which every process of a container is born in, says that none is left;
    /// `false` where there is none to ask.
    #[must_use]
    pub(crate) fn is_deserted(&self) -> bool {
        let Some(folder) = self.v2() else {
            return false;
        };
        text::read(folder.path.join("cgroup.events"))
            .is_ok_and(|events| parse::field(events.as_bytes(), "populated") == Some(0))
    }

    /// Stops every process in it, and returns when they have stopped: `cgroup.freeze` (Linux 5.2),
    /// which also works on a v2 tree without controllers, else the v1 freezer.
    ///
    /// # Errors
    /// When there is no freezer, or a process cannot be stopped (it waits in the kernel); nothing
    /// stays frozen then.
    pub(crate) fn freeze(&self) -> Result<(), CgroupError> {
        let result = self.freeze_within(PATIENCE);
        if result.is_err() {
            // the first error is the one to report
            let _ = self.thaw();
        }
        result
    }

    /// Resumes every process in it.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub(crate) fn thaw(&self) -> Result<(), CgroupError> {
        if let Some(file) = self.v2_file("cgroup.freeze") {
            write_file(&file, "0").map_err(|e| CgroupError::write("0", &file, &e))?;
        }
        self.thaw_v1()
    }

    /// Whether it is frozen, or about to be.
    #[must_use]
    pub(crate) fn is_frozen(&self) -> bool {
        let folder = |folder: &Folder| (folder.version, folder.path.clone());
        says_frozen(
            self.v2()
                .into_iter()
                .chain(self.folder(Version::V1, Controller::Freezer))
                .map(folder),
        )
    }

    /// Kills every process in it with SIGKILL, whatever it does: forks, is stopped, is frozen.
    /// Returns when none is left (at once in practice; processes whose parent has not waited for
    /// them no longer count).
    ///
    /// # Errors
    /// When some process does not die: it waits in the kernel, for a dead disk or network file
    /// system say.
    pub(crate) fn kill_all(&self) -> Result<(), CgroupError> {
        let started = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            // one write reaches everything, forks under way too (Linux 5.14)
            let one_write = self
                .v2_file("cgroup.kill")
                .is_some_and(|file| write_file(&file, "1").is_ok());
            if !one_write || pause >= LONGEST_PAUSE {
                // no such file, or somebody is left who is not in the v2 tree
                self.kill_one_by_one();
            }
            // what the v1 freezer holds does not die of SIGKILL before it is thawed
            self.thaw_v1()?;
            self.thaw_v1_below();
            let waited = Instant::now();
            while waited.elapsed() < pause {
                if self.is_empty() {
                    return Ok(());
                }
                sleep(FIRST_PAUSE);
            }
            if started.elapsed() > PATIENCE {
                return Err(self.still_alive());
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn still_alive(&self) -> CgroupError {
        let first = self.paths().next().unwrap_or(Path::new("/sys/fs/cgroup"));
        let reason = format!(
            "still alive after {} s: {}",
            PATIENCE.as_secs(),
            self.describe_pids()
        );
        let hint = "such a process waits in the kernel, often for a disk or a network file system that does not answer";
        CgroupError::missing("kill everything in", first, reason, Some(hint))
    }

    /// Frozen first, so that no fork escapes the list.
    pub(super) fn kill_one_by_one(&self) {
        // killing works frozen or not; freezing only saves rounds
        let _ = self.freeze_within(FREEZE_FOR_KILL);
        // a pid may be reused between reading and killing it, a pidfd may not: held by a descriptor
        // first, and still here after that, it is ours
        for some in self.pids().chunks(KILLED_AT_ONCE) {
            let held: Vec<(i32, OwnedFd)> = some
                .iter()
                .filter_map(|pid| Some((*pid, pidfd::open(*pid).ok()?)))
                .collect();
            let here = self.pids();
            for (_, process) in held
                .iter()
                .filter(|(pid, _)| here.binary_search(pid).is_ok())
            {
                // gone meanwhile is what we want
                let _ = pidfd::send_signal(process.as_fd(), SIGKILL);
            }
        }
        let _ = self.thaw();
    }

    fn freeze_within(&self, max: Duration) -> Result<(), CgroupError> {
        let started = Instant::now();
        let (file, value) = match (self.v2_file("cgroup.freeze"), self.v1_freezer()) {
            (Some(file), _) => (file, "1"),
            (None, Some(file)) => (file, "FROZEN"),
            (None, None) => {
                let first = self.paths().next().unwrap_or(Path::new("/sys/fs/cgroup"));
                let reason = "there is no cgroup.freeze (Linux 5.2) and no v1 freezer, or the cgroup is gone";
                return Err(CgroupError::missing("freeze", first, reason, None));
            }
        };
        loop {
            // v1 wants to be asked again for processes forked while it was freezing
            write_file(&file, value).map_err(|e| CgroupError::write(value, &file, &e))?;
            let frozen = if value == "1" {
                let events = file.with_file_name("cgroup.events");
                fs::read(&events).is_ok_and(|bytes| parse::field(&bytes, "frozen") == Some(1))
            } else {
                fs::read_to_string(&file).is_ok_and(|state| state.trim() == "FROZEN")
            };
            if frozen {
                return Ok(());
            }
            if started.elapsed() > max {
                let reason = format!("not everything stopped: {}", self.describe_pids());
                return Err(CgroupError::missing(
                    format!("write {value:?} to"),
                    &file,
                    reason,
                    None,
                ));
            }
            sleep(FIRST_PAUSE);
        }
    }

    fn thaw_v1(&self) -> Result<(), CgroupError> {
        match self.v1_freezer() {
            Some(file) => match write_file(&file, "THAWED") {
                // somebody else removed it meanwhile: nothing is frozen in it
                Err(e)
                    if matches!(e.kind(), ErrorKind::NotFound)
                        || e.raw_os_error() == Some(Errno::ENODEV as i32) =>
                {
                    Ok(())
                }
                other => other.map_err(|e| CgroupError::write("THAWED", &file, &e)),
            },
            None => Ok(()),
        }
    }

    /// Thaws also what a container froze in v1 cgroups of its own making: the one above, thawed,
    /// leaves those as they are.
    fn thaw_v1_below(&self) {
        if let Some(folder) = self.v1_freezer().as_deref().and_then(Path::parent) {
            thaw_children(folder);
        }
    }

    fn v1_freezer(&self) -> Option<PathBuf> {
        let file = self
            .folder(Version::V1, Controller::Freezer)?
            .path
            .join("freezer.state");
        file.exists().then_some(file)
    }

    fn v2_file(&self, name: &str) -> Option<PathBuf> {
        let file = self.v2()?.path.join(name);
        file.exists().then_some(file)
    }

    /// The first few processes, by name, for a message.
    pub(super) fn describe_pids(&self) -> String {
        let pids = self.pids();
        let name = |pid: &i32| {
            let comm = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            format!("{} (pid {pid})", comm.trim())
        };
        let mut shown = pids.iter().take(5).map(name).collect::<Vec<_>>().join(", ");
        if pids.len() > 5 {
            shown.push_str(&format!(" and {} more", pids.len() - 5));
        }
        shown
    }
}

/// Whether the cgroup of `id` is frozen, or about to be: [`Cgroup::is_frozen`] for many, where
/// finding all folders of each costs more than to ask.
#[must_use]
pub(crate) fn is_frozen(layout: &Layout, parent: &Parent, id: &ContainerId) -> bool {
    let freezer = layout
        .hierarchies()
        .iter()
        .find(|h| h.version == Version::V1 && h.controllers.contains(&Controller::Freezer));
    let folder = |h: &Hierarchy| (h.version, h.mount.join(&parent.name).join(id.as_str()));
    says_frozen(layout.v2().into_iter().chain(freezer).map(folder))
}

fn says_frozen(mut folders: impl Iterator<Item = (Version, PathBuf)>) -> bool {
    folders.any(|(version, folder)| match version {
        Version::V2 => text::begins_with(folder.join("cgroup.freeze"), &["1"]),
        Version::V1 => text::begins_with(folder.join("freezer.state"), &["FROZEN", "FREEZING"]),
    })
}

fn thaw_children(folder: &Path) {
    for child in children(folder) {
        // gone meanwhile is fine
        let _ = write_file(&child.join("freezer.state"), "THAWED");
        thaw_children(&child);
    }
}

fn collect_pids(folder: &Path, pids: &mut Vec<i32>) {
    // a threaded cgroup refuses to list processes; its domain above lists them
    let text = text::read(folder.join("cgroup.procs")).unwrap_or_default();
    // 0 is a process outside of our pid namespace
    pids.extend(
        text.lines()
            .filter_map(|line| line.parse::<i32>().ok())
            .filter(|pid| *pid > 0),
    );
    for child in children(folder) {
        collect_pids(&child, pids);
    }
}
