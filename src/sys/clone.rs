//! fork(2) and clone3(2), both only from a process that has one thread.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;

/// clone3(2); libc's constant of this name overflows its type.
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

/// Which side of a fork this is.
#[derive(Debug)]
pub(crate) enum Forked {
    /// The caller, with its child's pid.
    Parent(i32),
    /// The new process.
    Child,
}

/// Which side of a [`clone3`] this is.
#[derive(Debug)]
pub(crate) enum Cloned {
    /// The caller, with its child's pid and a descriptor for it.
    Parent {
        /// The child, in the caller's pid namespace.
        pid: i32,
        /// Refers to the child even after its number is reused (pidfd_open(2)). CLOEXEC.
        pidfd: OwnedFd,
    },
    /// The new process.
    Child,
}

/// The number of threads of this process.
///
/// # Errors
/// When `/proc` is not mounted.
pub(crate) fn thread_count() -> io::Result<usize> {
    // a folder has two links besides one per sub-folder (thread): one call instead of five
    Ok((std::fs::metadata("/proc/self/task")?.nlink() as usize).saturating_sub(2))
}

fn assert_one_thread() -> io::Result<()> {
    match thread_count()? {
        1 => Ok(()),
        n => Err(io::Error::other(format!(
            "refusing to fork with {n} threads: only the launcher and one-thread commands may"
        ))),
    }
}

/// fork(2).
///
/// # Errors
/// What the kernel says, or a refusal when this process has more than one thread.
pub(crate) fn fork() -> io::Result<Forked> {
    assert_one_thread()?;
    // SAFETY: there is no other thread, so the child holds no lock of a thread that it lacks and
    // may go on as any program.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(Forked::Child),
        pid => Ok(Forked::Parent(pid)),
    }
}

/// Forks a child of the caller's parent (clone(2), CLONE_PARENT), for a forked process without
/// threads; 0 is the child. Uses clone(2), which every seccomp filter has to allow. Allocates
/// nothing.
///
/// # Errors
/// EAGAIN, ENOMEM; EINVAL for the first process of a pid namespace; the error of a seccomp filter.
pub(crate) fn fork_sibling() -> nix::Result<i32> {
    let flags = libc::CLONE_PARENT | libc::SIGCHLD;
    // SAFETY: no CLONE_VM, so the child gets its own copy of memory and stack as with fork; the
    // other arguments ask for nothing.
    nix::errno::Errno::result(unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) })
        .map(|pid| pid as i32)
}

/// clone3(2), used like fork(2): a copy of this process in new namespaces (`flags`: `CLONE_NEW*`),
/// created in the cgroup v2 folder `cgroup` if given (`CLONE_INTO_CGROUP`, Linux 5.7).
///
/// # Errors
/// What the kernel says, or a refusal when this process has more than one thread.
pub(crate) fn clone3(flags: u64, cgroup: Option<BorrowedFd<'_>>) -> io::Result<Cloned> {
    assert_one_thread()?;
    let mut pidfd: libc::c_int = -1;
    // SAFETY: clone_args is plain integers; all zero is its documented empty value.
    let mut args: libc::clone_args = unsafe { std::mem::zeroed() };
    args.flags = flags | libc::CLONE_PIDFD as u64;
    args.pidfd = std::ptr::from_mut(&mut pidfd) as u64;
    args.exit_signal = libc::SIGCHLD as u64;
    if let Some(folder) = cgroup {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = folder.as_raw_fd() as u64;
    }
    // SAFETY: no CLONE_VM, so the child gets its own copy of memory and stack as with fork; args
    // outlives the call; one thread.
    let result = unsafe {
        libc::syscall(
            libc::SYS_clone3,
            std::ptr::from_mut(&mut args),
            size_of::<libc::clone_args>(),
        )
    };
    match result {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(Cloned::Child),
        pid => {
            // SAFETY: on success the kernel stored a new descriptor in pidfd that nobody else owns.
            let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
            Ok(Cloned::Parent {
                pid: pid as i32,
                pidfd,
            })
        }
    }
}
