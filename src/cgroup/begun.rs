//! [`BegunCgroup`]: a container's cgroup while it is being made.

use std::path::Path;

use super::apply::{Cgroup, Parent};
use super::create::{inherit_cpuset, make_folder, pass_on};
use super::plan::{Plan, Write, plan};
use super::{CgroupError, Controller, Layout, Version};
use crate::spec::{ContainerId, Limits};

/// A cgroup without limits yet, of which only the folder in the v2 tree exists: what clone3 needs.
/// [`BegunCgroup::finish`] makes the rest while a process that must not execute anything yet is
/// born in it.
#[derive(Debug)]
pub(crate) struct BegunCgroup {
    cgroup: Cgroup,
    plan: Plan,
    best_effort: bool,
    /// How many of the folders were made; what stands in the place of the others is not ours.
    made: usize,
    not_passed_on: Vec<(Controller, CgroupError)>,
}

impl BegunCgroup {
    /// Begins the cgroup of `id`; no process is in it yet. Left-overs of an earlier run without
    /// processes are replaced. The caller holds the container's lock: two creators of one id would
    /// undo each other.
    ///
    /// # Errors
    /// When a limit cannot be given (with `best_effort` it is skipped, see [`Cgroup::skipped`]), a
    /// folder cannot be made, or processes of an earlier run live in it. Nothing stays behind.
    pub(crate) fn begin(
        layout: &Layout,
        parent: &Parent,
        id: &ContainerId,
        limits: &Limits,
        best_effort: bool,
    ) -> Result<Self, CgroupError> {
        let plan = plan(limits, &Limits::default(), layout, best_effort)
            .map_err(CgroupError::or_best_effort)?;
        let cgroup = Cgroup::to_make(layout, parent, id, limits.cpuset.is_some());
        if cgroup.folders.is_empty() {
            let place = layout
                .hierarchies()
                .first()
                .map_or(Path::new("/sys/fs/cgroup"), |h| h.mount.as_path());
            let hint =
                "inside a container, start that one with --privileged or a writable cgroup mount";
            return Err(CgroupError::missing(
                "make a cgroup in",
                place,
                "every cgroup tree is mounted read-only",
                Some(hint),
            ));
        }
        let mut begun = Self {
            cgroup,
            plan,
            best_effort,
            made: 0,
            not_passed_on: Vec::new(),
        };
        match begun.make_folders(Version::V2) {
            Ok(()) => Ok(begun),
            Err(error) => {
                begun.discard();
                Err(error)
            }
        }
    }

    /// The cgroup as far as it exists, for clone3: see [`Cgroup::v2_dir_fd`].
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(crate) fn v2_dir_fd(&self) -> Result<Option<std::os::fd::OwnedFd>, CgroupError> {
        self.cgroup.v2_dir_fd()
    }

    /// Makes the folders in the v1 trees and writes all limits. The process that was born in the v2
    /// folder joins the others next.
    ///
    /// # Errors
    /// As [`BegunCgroup::begin`], but what exists stays until [`BegunCgroup::discard`].
    pub(crate) fn finish(&mut self) -> Result<Cgroup, CgroupError> {
        self.make_folders(Version::V1)?;
        // a file that is missing because its controller was not passed on: report the cause, not the
        // missing file
        let cause = |write: &Write| {
            let found = self
                .not_passed_on
                .iter()
                .find(|(c, _)| *c == write.controller);
            found
                .filter(|_| write.version == Version::V2)
                .map(|(_, error)| error.clone())
        };
        let skipped = self.cgroup.write(&self.plan, self.best_effort, &cause)?;
        let mut cgroup = self.cgroup.clone();
        for sentence in self.plan.skipped.iter().cloned().chain(skipped) {
            cgroup.skip(sentence);
        }
        Ok(cgroup)
    }

    /// Kills what was born in it and removes it, finished or not. The error that led here is the
    /// one to report, so those of its own are not.
    pub(crate) fn discard(mut self) {
        self.cgroup.folders.truncate(self.made);
        let _ = self.cgroup.kill_all();
        let _ = self.cgroup.remove();
    }

    /// Makes the folders of one version that do not exist yet; v2 comes first.
    fn make_folders(&mut self, version: Version) -> Result<(), CgroupError> {
        let folders = self.cgroup.folders.iter().skip(self.made);
        for folder in folders.take_while(|folder| folder.version == version) {
            let parent = folder.path.parent().unwrap_or(&folder.mount).to_owned();
            make_folder(&parent, &folder.path)?;
            self.made += 1;
            let has = |c: &Controller| folder.controllers.contains(c);
            if version == Version::V2 && Controller::PASSED_ON.iter().any(has) {
                self.not_passed_on = pass_on(&folder.mount, &parent);
            } else if has(&Controller::Cpuset) {
                inherit_cpuset([&parent, &folder.path])?;
            }
        }
        Ok(())
    }
}
