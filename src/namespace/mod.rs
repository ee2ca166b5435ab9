//! Namespaces (namespaces(7)): which ones a container gets, and joining them.

use std::os::fd::BorrowedFd;

use nix::sched::{CloneFlags, setns, unshare};

use crate::spec::{ContainerSpec, NetworkMode, PidMode};

/// The namespaces that clone3 makes for this container. The cgroup namespace is not among them: it shows the cgroup that the
/// process is in when it is made, so init makes it itself once it has been put into its cgroup (cgroup_namespaces(7)).
#[must_use]
pub fn clone_flags(spec: &ContainerSpec) -> u64 {
    let mut flags = CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC;
    if spec.network == NetworkMode::None {
        flags |= CloneFlags::CLONE_NEWNET;
    }
    if spec.pid == PidMode::Own {
        flags |= CloneFlags::CLONE_NEWPID;
    }
    flags.bits() as u64
}

/// Joins the network namespace of the process behind `pidfd` (setns(2), Linux 5.8). Allocates nothing.
///
/// # Errors
/// ESRCH when it has ended.
pub fn join_network(pidfd: BorrowedFd<'_>) -> nix::Result<()> {
    setns(pidfd, CloneFlags::CLONE_NEWNET)
}

/// Lets children be born in the pid namespace of the process behind `pidfd`; this process stays in its own.
///
/// # Errors
/// ESRCH when it has ended.
pub fn bear_children_in(pidfd: BorrowedFd<'_>) -> nix::Result<()> {
    setns(pidfd, CloneFlags::CLONE_NEWPID)
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
