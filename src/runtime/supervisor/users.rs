//! A container with ids of its own: its user namespace, and its root in it.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use nix::errno::Errno;

use crate::namespace;
use crate::rootfs::{RootfsPaths, Sources, shifted_root};
use crate::runtime::LaunchError;
use crate::runtime::init::InitPlan;
use crate::spec::ContainerSpec;

/// Why no process could be cloned into new namespaces.
pub(super) fn cannot_clone(spec: &ContainerSpec) -> impl FnOnce(io::Error) -> LaunchError {
    let users = spec.ids.is_some();
    move |error| match error.raw_os_error().map(Errno::from_raw) {
        Some(errno @ (Errno::ENOSPC | Errno::EUSERS)) if users => LaunchError::own(
            "cannot make a user namespace: there are as many as user.max_user_namespaces (sysctl) allows; raise it, or use --userns host",
            errno,
        ),
        Some(errno @ Errno::EPERM) if users => LaunchError::own(
            "cannot make a user namespace: the kernel refuses it in a chroot, and where a security module forbids it; use --userns host",
            errno,
        ),
        _ => LaunchError::io("clone into new namespaces")(error),
    }
}

/// For a container with ids of its own: maps them for its init `pid`, and shifts the owners of its
/// files. Returns its root, mounted for it.
///
/// # Errors
/// When the kernel refuses a mapping or a mount.
pub(super) fn give_users(
    spec: &ContainerSpec,
    plan: &InitPlan,
    paths: &RootfsPaths,
    sources: &Sources,
    pid: i32,
) -> Result<Option<OwnedFd>, LaunchError> {
    let Some(ids) = spec.ids else { return Ok(None) };
    let mapped = || {
        namespace::map_users(pid, ids).map_err(LaunchError::io(format!(
            "map the container's ids from {} on",
            ids.first
        )))
    };
    let own = if plan.joined_users.is_none() {
        Some(mapped()?)
    } else {
        None
    };
    let Some(users) = own
        .as_ref()
        .or(plan.joined_users.as_ref().map(|(joined, _)| joined))
        .map(AsFd::as_fd)
    else {
        return Ok(None);
    };
    plan.rootfs.shift(users).map_err(LaunchError::plain)?;
    let root = sources.root.as_ref().map(AsFd::as_fd);
    shifted_root(spec, paths, root, users)
        .map(Some)
        .map_err(|error| LaunchError::plain(error.to_string()))
}
