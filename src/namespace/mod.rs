//! Namespaces (namespaces(7)): which ones a container gets, and joining them.

use std::os::fd::BorrowedFd;

use nix::sched::{CloneFlags, setns, unshare};

use crate::spec::{ContainerSpec, NetworkMode};

/// The namespaces that clone3 makes for this container. The cgroup namespace is not among them: it shows the cgroup that the
/// process is in when it is made, so init makes it itself once it has been put into its cgroup (cgroup_namespaces(7)).
#[must_use]
pub fn clone_flags(spec: &ContainerSpec) -> u64 {
    let mut flags = CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC;
    if spec.network != NetworkMode::Host {
        flags |= CloneFlags::CLONE_NEWNET;
    }
    flags.bits() as u64
}

/// Makes the cgroup namespace of the calling process.
///
/// # Errors
/// What unshare(2) says.
pub fn unshare_cgroup() -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWCGROUP)
}

/// Joins every namespace of the process behind `pidfd` at once (setns(2), Linux 5.8). Children are born in its pid namespace.
///
/// # Errors
/// ESRCH when it has ended.
pub fn join(pidfd: BorrowedFd<'_>) -> nix::Result<()> {
    setns(
        pidfd,
        CloneFlags::CLONE_NEWPID
            | CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWUTS
            | CloneFlags::CLONE_NEWIPC
            | CloneFlags::CLONE_NEWNET
            | CloneFlags::CLONE_NEWCGROUP,
    )
}
