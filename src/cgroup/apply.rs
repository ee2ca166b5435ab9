//! [`Cgroup`]: one container's folders in every tree; joined, and its limits changed.

use std::fs::{self, OpenOptions};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::OFlag;

use super::folders::write_file;
use super::plan::{Plan, Write, plan};
use super::{CgroupError, Controller, Hierarchy, Layout, Version};
use crate::spec::{ContainerId, Limits};

/// The folder that holds the containers of one state folder, in every tree.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Parent {
    /// Its name: `minic`, or `minic-1a2b3c4d` for another state folder. Never a path.
    pub name: String,
}

/// A container's folder in one tree.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    pub version: Version,
    pub controllers: Vec<Controller>,
    /// Where the tree is mounted.
    pub mount: PathBuf,
    pub path: PathBuf,
}

impl Folder {
    /// Whether it is in the tree that weighs CPU time: where supervisors are, too.
    pub(super) fn has_cpu(&self) -> bool {
        self.controllers.contains(&Controller::Cpu)
    }

    /// Whether the controller's files are in it; on v2 that depends on every cgroup above.
    pub(super) fn passes(&self, controller: Controller) -> bool {
        let listed = fs::read_to_string(self.path.join("cgroup.controllers")).unwrap_or_default();
        match self.version {
            Version::V1 => self.controllers.contains(&controller),
            Version::V2 => {
                controller.is_core_of_v2()
                    || listed
                        .split_whitespace()
                        .any(|word| Controller::from_v2(word) == Some(controller))
            }
        }
    }
}

/// One container's cgroup: a folder in every tree that counts, v2 first.
#[derive(Debug, Clone)]
pub(crate) struct Cgroup {
    pub(super) folders: Vec<Folder>,
    skipped: Vec<String>,
}

impl Cgroup {
    /// That of one folder alone.
    pub(super) fn of_folder(folder: Folder) -> Self {
        Self {
            folders: vec![folder],
            skipped: Vec::new(),
        }
    }

    /// The cgroup of `id`, whether or not it exists: nothing is touched.
    #[must_use]
    pub(crate) fn open(layout: &Layout, parent: &Parent, id: &ContainerId) -> Self {
        Self::among(layout, parent, id, |folder| folder.path.exists())
    }

    /// The cgroup that is to be made for `id`; nothing is touched.
    pub(super) fn to_make(
        layout: &Layout,
        parent: &Parent,
        id: &ContainerId,
        with_cpuset: bool,
    ) -> Self {
        Self::among(layout, parent, id, |_| with_cpuset)
    }

    /// A v1 cpuset tree of its own is joined only by a container that asks for it: `joins_cpuset`
    /// tells of its folder there.
    fn among(
        layout: &Layout,
        parent: &Parent,
        id: &ContainerId,
        joins_cpuset: impl Fn(&Folder) -> bool,
    ) -> Self {
        let folder = |h: &Hierarchy| Folder {
            version: h.version,
            controllers: h.controllers.clone(),
            mount: h.mount.clone(),
            path: h.mount.join(&parent.name).join(id.as_str()),
        };
        let cpuset = |h: &&Hierarchy| {
            !h.read_only && h.version == Version::V1 && h.controllers.contains(&Controller::Cpuset)
        };
        let always = layout
            .hierarchies()
            .iter()
            .filter(|h| h.is_joined())
            .map(folder);
        let asked = layout
            .hierarchies()
            .iter()
            .filter(cpuset)
            .filter(|h| !h.is_joined())
            .map(folder)
            .filter(joins_cpuset);
        Self {
            folders: always.chain(asked).collect(),
            skipped: Vec::new(),
        }
    }

    /// Writes a plan; returns what was skipped. `cause` knows of a write that failed why it must
    /// have.
    pub(super) fn write(
        &self,
        plan: &Plan,
        best_effort: bool,
        cause: &dyn Fn(&Write) -> Option<CgroupError>,
    ) -> Result<Vec<String>, CgroupError> {
        let mut skipped = Vec::new();
        for write in &plan.writes {
            let Some(folder) = self.folder(write.version, write.controller) else {
                continue;
            };
            let path = folder.path.join(write.file);
            let Err(error) = write_file(&path, &write.value) else {
                continue;
            };
            let error =
                cause(write).unwrap_or_else(|| CgroupError::write(&write.value, &path, &error));
            let no_such_thing = error.is(Errno::ENOENT) || error.is(Errno::EOPNOTSUPP);
            if write.implied && no_such_thing {
                continue;
            }
            if !best_effort {
                return Err(error);
            }
            skipped.push(error.to_string());
        }
        Ok(skipped)
    }

    /// Changes the limits of a living container from `current` to `limits`. Returns what was
    /// skipped (`best_effort`). A memory limit below what cannot be reclaimed is refused, on v2 as
    /// on v1: nothing is killed for it.
    ///
    /// # Errors
    /// When a limit cannot be given; those written before it stay.
    pub(crate) fn update(
        &self,
        layout: &Layout,
        current: &Limits,
        limits: &Limits,
        best_effort: bool,
    ) -> Result<Vec<String>, CgroupError> {
        let mut plan = plan(limits, current, layout, best_effort)?;
        let mut skipped = std::mem::take(&mut plan.skipped);
        if let Some(most) = limits.memory.filter(|_| limits.memory != current.memory) {
            self.reclaim_down_to(most)?;
        }
        skipped.extend(self.write(&plan, best_effort, &|_| None)?);
        if let Some(cpus) = &limits.cpuset
            && limits.cpuset != current.cpuset
        {
            self.add_cpuset(layout, cpus)?;
        }
        Ok(skipped)
    }

    /// Limits that were not given, one sentence each; only after a `best_effort` creation.
    #[must_use]
    pub(crate) fn skipped(&self) -> &[String] {
        &self.skipped
    }

    /// Adds a sentence to [`Cgroup::skipped`].
    pub(crate) fn skip(&mut self, sentence: String) {
        self.skipped.push(sentence);
    }

    /// The folder in each tree, v2 first.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.folders.iter().map(|f| f.path.as_path())
    }

    /// Whether a folder of it exists in any tree.
    #[must_use]
    pub(crate) fn exists(&self) -> bool {
        self.paths().any(Path::exists)
    }

    /// `tasks` of every v1 tree, opened for writing: a process born in the v2 folder (clone3 with
    /// [`Cgroup::v2_dir_fd`]) joins the rest with [`join`], before it has a thread and before it
    /// unshares its cgroup namespace, whose root is where it is then.
    ///
    /// # Errors
    /// When one cannot be opened.
    pub(crate) fn v1_tasks(&self) -> Result<Vec<OwnedFd>, CgroupError> {
        self.folders
            .iter()
            .filter(|f| f.version == Version::V1)
            .map(open_tasks)
            .collect()
    }

    /// The v2 folder for clone3's `CLONE_INTO_CGROUP` (Linux 5.7); `None` where there is no v2
    /// tree.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(crate) fn v2_dir_fd(&self) -> Result<Option<OwnedFd>, CgroupError> {
        let Some(folder) = self.v2() else {
            return Ok(None);
        };
        let opened = OpenOptions::new()
            .read(true)
            .custom_flags(OFlag::O_DIRECTORY.bits())
            .open(&folder.path);
        opened
            .map(|f| Some(f.into()))
            .map_err(|e| CgroupError::io("open", &folder.path, &e))
    }

    pub(super) fn v2(&self) -> Option<&Folder> {
        self.folders.iter().find(|f| f.version == Version::V2)
    }

    pub(super) fn folder(&self, version: Version, controller: Controller) -> Option<&Folder> {
        self.folders.iter().find(|f| match version {
            Version::V1 => f.version == version && f.controllers.contains(&controller),
            Version::V2 => f.version == version,
        })
    }

    /// The file to read or write on whichever tree has `controller`.
    pub(super) fn file(
        &self,
        controller: Controller,
        v1: &str,
        v2: &str,
    ) -> Option<(Version, PathBuf)> {
        if let Some(folder) = self.folder(Version::V1, controller) {
            return Some((Version::V1, folder.path.join(v1)));
        }
        self.v2().map(|folder| (Version::V2, folder.path.join(v2)))
    }
}

fn open_tasks(folder: &Folder) -> Result<OwnedFd, CgroupError> {
    let file = folder.path.join("tasks");
    let opened = OpenOptions::new().write(true).open(&file);
    opened
        .map(OwnedFd::from)
        .map_err(|e| CgroupError::io("open", &file, &e))
}

/// Moves the calling process, which has one thread, into the cgroups behind `tasks`. Allocates
/// nothing.
///
/// A thread that moves itself is the one case in which the kernel takes no lock against every fork
/// of the machine; that lock, cgroup_threadgroup_rwsem, costs an RCU grace period of several
/// milliseconds (kernel: cgroup_procs_write_start).
///
/// # Errors
/// What write(2) says.
pub(crate) fn join<'a>(tasks: impl IntoIterator<Item = &'a OwnedFd>) -> nix::Result<()> {
    tasks
        .into_iter()
        .try_for_each(|fd| nix::unistd::write(fd, b"0").map(drop))
}
