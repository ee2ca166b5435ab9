//! Namespaces (namespaces(7)): which ones a container gets, and joining them.

mod users;

use std::os::fd::{BorrowedFd, OwnedFd};

use nix::fcntl::{OFlag, open};
use nix::libc::CLONE_NEWTIME;
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::stat::Mode;

use crate::spec::{ContainerSpec, IpcMode, NetworkMode, Own, PidMode};

pub(crate) use users::{as_owner, become_root, cannot_map_users, limit_use, map_users, users_of};

/// Missing in nix.
const NEWTIME: CloneFlags = CloneFlags::from_bits_retain(CLONE_NEWTIME);

/// The namespaces that clone3 creates for this container; others are the caller's. A user namespace
/// owns all that are created with it. Init creates three later: the cgroup namespace once it is in
/// its cgroup, which becomes the root (cgroup_namespaces(7)); the time namespace, whose offsets are
/// fixed once a process is in it; and, with a user namespace, that of IPC once it is root there, so
/// that root owns `/dev/mqueue`.
#[must_use]
pub(crate) fn clone_flags(spec: &ContainerSpec) -> u64 {
    let wanted = [
        (true, CloneFlags::CLONE_NEWNS),
        (spec.uts == Own::Own, CloneFlags::CLONE_NEWUTS),
        (
            spec.ipc == IpcMode::Own && spec.ids.is_none(),
            CloneFlags::CLONE_NEWIPC,
        ),
        (spec.network == NetworkMode::None, CloneFlags::CLONE_NEWNET),
        (spec.pid == PidMode::Own, CloneFlags::CLONE_NEWPID),
        (spec.ids.is_some(), CloneFlags::CLONE_NEWUSER),
    ];
    if spec.joined_users().is_some() {
        return 0;
    }
    let flags: CloneFlags = wanted
        .into_iter()
        .filter(|(own, _)| *own)
        .map(|(_, flag)| flag)
        .collect();
    flags.bits() as u64
}

/// Enters another container's user namespace and creates in it the namespaces that [`clone_flags`]
/// would have created, so that it owns them. `others` is the result of [`made_after_users`].
/// Allocates nothing.
///
/// # Errors
/// EPERM when that namespace is not below ours.
pub(crate) fn join_users(users: BorrowedFd<'_>, others: CloneFlags) -> nix::Result<()> {
    setns(users, CloneFlags::CLONE_NEWUSER)?;
    become_root()?;
    unshare(others)
}

/// The namespaces that init creates itself after joining another container's user namespace, except
/// IPC.
#[must_use]
pub(crate) fn made_after_users(spec: &ContainerSpec) -> CloneFlags {
    let own = |wanted: bool, flag: CloneFlags| if wanted { flag } else { CloneFlags::empty() };
    CloneFlags::CLONE_NEWNS
        | own(spec.uts == Own::Own, CloneFlags::CLONE_NEWUTS)
        | own(spec.network == NetworkMode::None, CloneFlags::CLONE_NEWNET)
}

/// A namespace of another container that a container is created in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JoinTarget {
    /// Network.
    Network,
    /// Shared memory and message queues.
    Ipc,
    /// Processes: applies to children; the caller stays in its own.
    Processes,
}

impl JoinTarget {
    /// This process's current one, to return to.
    ///
    /// # Errors
    /// ENOENT without `/proc`.
    pub(crate) fn current(self) -> nix::Result<OwnedFd> {
        let file = match self {
            Self::Network => c"/proc/self/ns/net",
            Self::Ipc => c"/proc/self/ns/ipc",
            Self::Processes => c"/proc/self/ns/pid",
        };
        open(file, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())
    }

    /// Enters `namespace`, or that of the process when it is a pidfd (setns(2), Linux 5.8).
    ///
    /// # Errors
    /// ESRCH when the process has ended.
    pub(crate) fn enter(self, namespace: BorrowedFd<'_>) -> nix::Result<()> {
        setns(
            namespace,
            match self {
                Self::Network => CloneFlags::CLONE_NEWNET,
                Self::Ipc => CloneFlags::CLONE_NEWIPC,
                Self::Processes => CloneFlags::CLONE_NEWPID,
            },
        )
    }
}

/// Creates a cgroup namespace for the calling process.
///
/// # Errors
/// The error of unshare(2).
pub(crate) fn unshare_cgroup() -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWCGROUP)
}

/// Creates the namespaces of [`clone_flags`] for a process cloned without them, whose children are
/// created in the pid namespace of `init`. The caller itself stays outside of that, invisible
/// there.
///
/// # Errors
/// ESRCH when `init` has ended; the error of unshare(2).
pub(crate) fn make_among(init: BorrowedFd<'_>, flags: u64) -> nix::Result<()> {
    JoinTarget::Processes.enter(init)?;
    // before the user namespace, whose root may not enter another's; it owns what is created with
    // it
    unshare(CloneFlags::from_bits_retain(flags as i32))
}

/// Creates an IPC namespace for the calling process.
///
/// # Errors
/// ENOSPC beyond `user.max_ipc_namespaces`.
pub(crate) fn unshare_ipc() -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWIPC)
}

/// Creates a time namespace without entering it yet, so that its clocks can be set.
///
/// # Errors
/// EINVAL on a kernel without time namespaces (Linux 5.6).
pub(crate) fn unshare_clocks() -> nix::Result<()> {
    unshare(NEWTIME)
}

/// Enters the time namespace of [`unshare_clocks`]. Allocates nothing.
///
/// # Errors
/// ENOENT without `/proc`.
pub(crate) fn enter_clocks() -> nix::Result<()> {
    let own = open(
        c"/proc/self/ns/time_for_children",
        OFlag::O_RDONLY | OFlag::O_CLOEXEC,
        Mode::empty(),
    )?;
    setns(own, NEWTIME)
}

/// Joins every namespace of the process behind `pidfd` (setns(2), Linux 5.8). Children are created
/// in its pid namespace.
///
/// The user namespace comes last: others may be the host's, which only root of the host may join.
///
/// # Errors
/// ESRCH when it has ended.
pub(crate) fn join(pidfd: BorrowedFd<'_>, spec: &ContainerSpec) -> nix::Result<()> {
    let mut flags = CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWCGROUP;
    if spec.clocks.is_some() {
        flags |= NEWTIME;
    }
    setns(pidfd, flags)?;
    if spec.ids.is_some() {
        setns(pidfd, CloneFlags::CLONE_NEWUSER)?;
        become_root()?;
    }
    Ok(())
}
