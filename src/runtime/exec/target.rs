//! [`Target`]: a container's cgroup, ready to be entered.

use std::os::fd::{AsFd, OwnedFd};

use crate::cgroup::{Cgroup, CgroupError};
use crate::runtime::{LaunchError, Runtime};
use crate::spec::ContainerSpec;
use crate::sys::clone::{Cloned, clone3};

pub(super) fn open_cgroup(runtime: &Runtime, spec: &ContainerSpec) -> Cgroup {
    Cgroup::open(&runtime.layout, &runtime.cgroup_parent(), &spec.id)
}

/// The container's cgroup, ready to be entered: born into the v2 folder, joining the v1 ones.
pub(super) struct Target {
    v2: Option<OwnedFd>,
    pub v1: Vec<OwnedFd>,
}

impl Target {
    /// That of the container, or `group` below it.
    pub(super) fn find(container: &Cgroup, group: Option<&Cgroup>) -> Result<Self, LaunchError> {
        let plain = |e: CgroupError| LaunchError::plain(e.to_string());
        let mut target = Self {
            v2: container.v2_dir_fd().map_err(plain)?,
            v1: container.v1_tasks().map_err(plain)?,
        };
        if let Some(group) = group {
            target.v2 = group.v2_dir_fd().map_err(plain)?.or(target.v2);
            target.v1.extend(group.v1_tasks().map_err(plain)?);
        }
        Ok(target)
    }

    pub(super) fn clone_into(&self) -> std::io::Result<Cloned> {
        clone3(0, self.v2.as_ref().map(AsFd::as_fd))
    }
}
