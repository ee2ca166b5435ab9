//! Where supervisors are: a cgroup beside their containers', so that what they do for these has a
//! weight of its own; and the cap that a container's supervisor keeps to.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use nix::errno::Errno;

use super::folders::{SUPERVISORS, remove_parent, write_file};
use super::{Cgroup, Controller, Layout, Parent, Version, weight_from_shares};
use crate::sys::text;

/// All of them together weigh half of what one container weighs usually.
const SHARES: u64 = 512;
/// How often the folder may be removed under our hands, by the last that leaves it.
const ATTEMPTS: usize = 10;

/// The calling supervisor's place among the others, until it leaves it.
#[derive(Debug)]
pub(crate) struct AmongSupervisors {
    folder: PathBuf,
    /// Where it was before, and where it can be in any case.
    back: [PathBuf; 2],
    version: Version,
}

impl AmongSupervisors {
    /// Moves the calling process, which has one thread, to where supervisors are in the tree that
    /// has the CPU controller. Its container's cgroup must exist, which keeps `parent` from being
    /// removed. `None` where there is no such tree.
    ///
    /// # Errors
    /// What mkdir(2) and write(2) say of cgroups.
    pub(crate) fn join(layout: &Layout, parent: &Parent) -> io::Result<Option<Self>> {
        let Some(tree) = layout
            .hierarchy(Controller::Cpu)
            .filter(|tree| !tree.read_only)
        else {
            return Ok(None);
        };
        let folder = tree.mount.join(&parent.name).join(SUPERVISORS);
        let own = tree
            .own
            .as_deref()
            .unwrap_or_default()
            .trim_start_matches('/');
        let place = Self {
            back: [tree.mount.join(own), tree.mount.clone()],
            folder,
            version: tree.version,
        };
        let mut moved = place.enter();
        for _ in 1..ATTEMPTS {
            match &moved {
                Err(error)
                    if [Some(Errno::ENOENT as i32), Some(Errno::ENODEV as i32)]
                        .contains(&error.raw_os_error()) => {}
                _ => break,
            }
            moved = place.enter();
        }
        moved.map(|()| Some(place))
    }

    fn enter(&self) -> io::Result<()> {
        match fs::create_dir(&self.folder) {
            Ok(()) => match self.weigh() {
                // a v2 tree whose controller was not passed on: a folder without weight does no
                // harm
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            },
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        self.move_to(&self.folder)
    }

    fn weigh(&self) -> io::Result<()> {
        let (file, weight) = match self.version {
            Version::V1 => ("cpu.shares", SHARES),
            Version::V2 => ("cpu.weight", weight_from_shares(SHARES)),
        };
        write_file(&self.folder.join(file), &weight.to_string())
    }

    fn move_to(&self, folder: &Path) -> io::Result<()> {
        let file = match self.version {
            // a v1 thread that moves itself waits for nobody: as with `join`
            Version::V1 => "tasks",
            Version::V2 => "cgroup.procs",
        };
        write_file(&folder.join(file), "0")
    }

    /// Moves back, and removes the folder if nobody else is in it.
    pub(crate) fn leave(self) {
        let moved = self.back.iter().any(|back| self.move_to(back).is_ok());
        if moved && let Some(parent) = self.folder.parent() {
            remove_parent(parent);
        }
    }
}

impl Cgroup {
    /// The cap on its CPU time as the kernel has it now, in cores; `None` when it has none.
    #[must_use]
    pub(crate) fn cpu_cap(&self) -> Option<f64> {
        let (version, file) = self.file(Controller::Cpu, "cpu.cfs_quota_us", "cpu.max")?;
        let number = |text: &str| text.trim().parse::<f64>().ok();
        let quota = text::read(&file).ok()?;
        match version {
            // -1 is none
            Version::V1 => {
                let quota = number(&quota).filter(|quota| *quota > 0.0)?;
                Some(quota / number(&text::read(period(&file)).ok()?)?)
            }
            Version::V2 => {
                let (quota, period) = quota.trim().split_once(' ')?;
                Some(number(quota)? / number(period)?)
            }
        }
    }
}

fn period(quota: &Path) -> PathBuf {
    quota.with_file_name("cpu.cfs_period_us")
}
