//! Namespaces (namespaces(7)): which ones a container gets, and joining them.

mod users;

use std::os::fd::{BorrowedFd, OwnedFd};

use nix::fcntl::{OFlag, open};
use nix::libc::CLONE_NEWTIME;
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::stat::Mode;

use crate::spec::{ContainerSpec, IpcMode, NetworkMode, Own, PidMode};

pub(crate) use users::{as_owner, become_root, cannot_map_users, limit_use, map_users, users_of};

/// nix has no name for it.
const NEWTIME: CloneFlags = CloneFlags::from_bits_retain(CLONE_NEWTIME);

/// The namespaces that clone3 makes for this container; the others are those that the caller is in.
/// A user namespace owns all that are made with it. Some are not among them: the cgroup namespace
/// shows the cgroup that the process is in when it is made, so init makes it itself once it has
/// been put into its cgroup (cgroup_namespaces(7)); and the clocks of a time namespace stand still
/// once somebody is in it. Where there is a user namespace, init makes that of IPC once it is root
/// of it: whoever makes it owns its message queues' folder, and is nobody inside otherwise.
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

/// Enters another container's user namespace and makes in it what [`clone_flags`] would have made:
/// namespaces belong to the users of whoever makes them. `others` is what [`made_after_users`]
/// says. Allocates nothing.
///
/// # Errors
/// EPERM when that namespace is not below ours.
pub(crate) fn join_users(users: BorrowedFd<'_>, others: CloneFlags) -> nix::Result<()> {
    setns(users, CloneFlags::CLONE_NEWUSER)?;
    become_root()?;
    unshare(others)
}

/// The namespaces that the init of a container in another's user namespace makes itself, but for
/// IPC.
#[must_use]
pub(crate) fn made_after_users(spec: &ContainerSpec) -> CloneFlags {
    let own = |wanted: bool, flag: CloneFlags| if wanted { flag } else { CloneFlags::empty() };
    CloneFlags::CLONE_NEWNS
        | own(spec.uts == Own::Own, CloneFlags::CLONE_NEWUTS)
        | own(spec.network == NetworkMode::None, CloneFlags::CLONE_NEWNET)
}

/// A namespace of another container that a container is born in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JoinTarget {
    /// Network.
    Network,
    /// Shared memory and message queues.
    Ipc,
    /// Processes: the caller stays in its own, its children are born there.
    Processes,
}

impl JoinTarget {
    /// The one that this process is in now, to come back to.
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

/// Makes the cgroup namespace of the calling process.
///
/// # Errors
/// What unshare(2) says.
pub(crate) fn unshare_cgroup() -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWCGROUP)
}

/// Makes the namespaces of [`clone_flags`] for a process that was born in none, and whose children
/// are to be born among the processes of `init`. The caller itself stays where it was, unseen by
/// those.
///
/// # Errors
/// ESRCH when `init` has ended; what unshare(2) says.
pub(crate) fn make_among(init: BorrowedFd<'_>, flags: u64) -> nix::Result<()> {
    JoinTarget::Processes.enter(init)?;
    // before there is a user namespace, whose root may not enter another's; that one owns what is
    // made with it
    unshare(CloneFlags::from_bits_retain(flags as i32))
}

/// Makes the IPC namespace of the calling process.
///
/// # Errors
/// ENOSPC when there are as many as `user.max_ipc_namespaces` allows.
pub(crate) fn unshare_ipc() -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWIPC)
}

/// Makes a time namespace that the calling process is not in yet: now its clocks can be set.
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

/// Joins every namespace of the process behind `pidfd` (setns(2), Linux 5.8). Children are born in
/// its pid namespace.
///
/// The user namespace comes last: some of the others may belong to the host, which only a caller
/// who is still root of the host may join.
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
