//! pidfd_open(2), pidfd_send_signal(2), and waiting through a pidfd.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// How a child ended (waitid(2)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It called exit with this status.
    Exited(i32),
    /// This signal ended it.
    Signaled(i32),
}

/// pidfd_open(2); the descriptor is CLOEXEC.
///
/// # Errors
/// ESRCH when there is no such process.
pub(crate) fn open(pid: i32) -> io::Result<OwnedFd> {
    // SAFETY: plain integers; the result is checked before use.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor for us alone.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// SO_PEERPIDFD (Linux 6.5): the process that connected to, or listens at, the other end of a unix
/// socket; CLOEXEC. It may have ended.
///
/// # Errors
/// ENOPROTOOPT where the kernel has no such option; ESRCH or EINVAL when that process is gone.
pub(crate) fn of_peer(socket: BorrowedFd<'_>) -> nix::Result<OwnedFd> {
    let (mut fd, mut length): (i32, libc::socklen_t) = (-1, size_of::<i32>() as libc::socklen_t);
    let place = (&raw mut fd).cast();
    // SAFETY: fd and length outlive the call, and length is fd's own.
    nix::errno::Errno::result(unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERPIDFD,
            place,
            &raw mut length,
        )
    })?;
    // SAFETY: the kernel has just made this descriptor for us alone.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// pidfd_send_signal(2).
///
/// # Errors
/// ESRCH when the process has ended and been reaped.
pub(crate) fn send_signal(pidfd: BorrowedFd<'_>, signal: i32) -> io::Result<()> {
    // SAFETY: a null siginfo is allowed and means "as kill(2)".
    let result = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            signal,
            std::ptr::null::<libc::siginfo_t>(),
            0,
        )
    };
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// Waits until the process has ended, at most `timeout` (`None`: no limit). Returns whether it has.
///
/// # Errors
/// The error of poll(2), except EINTR, which is retried.
pub(crate) fn wait_readable(pidfd: BorrowedFd<'_>, timeout: Option<Duration>) -> io::Result<bool> {
    let deadline = timeout.map(|t| std::time::Instant::now() + t);
    loop {
        let left = deadline.map(|d| d.saturating_duration_since(std::time::Instant::now()));
        let wait = left.map_or(PollTimeout::NONE, |l| {
            PollTimeout::try_from(l.as_millis().min(60_000) as i32 + 1).unwrap_or(PollTimeout::ZERO)
        });
        let mut fds = [PollFd::new(pidfd.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, wait) {
            Ok(0) if left.is_some_and(|l| l.is_zero()) => return Ok(false),
            Ok(0) | Err(nix::Error::EINTR) => {}
            Ok(_) => return Ok(true),
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Whether it is a child of ours that we have not reaped.
#[must_use]
pub(crate) fn is_child(pidfd: BorrowedFd<'_>) -> bool {
    // SAFETY: siginfo_t is plain data; all zero is a valid value for it.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let look = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: info outlives the call and is the type that waitid fills.
    unsafe {
        libc::waitid(
            libc::P_PIDFD,
            pidfd.as_raw_fd() as libc::id_t,
            &mut info,
            look,
        ) == 0
    }
}

/// waitid(P_PIDFD, WEXITED): reaps a child that has ended, waiting for it.
///
/// # Errors
/// ECHILD when it is not our child.
pub(crate) fn reap(pidfd: BorrowedFd<'_>) -> io::Result<Ended> {
    // SAFETY: siginfo_t is plain data; all zero is a valid value for it.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    loop {
        // SAFETY: info outlives the call and is the type that waitid fills.
        let result = unsafe {
            libc::waitid(
                libc::P_PIDFD,
                pidfd.as_raw_fd() as libc::id_t,
                &mut info,
                libc::WEXITED,
            )
        };
        if result == 0 {
            break;
        }
        let error = io::Error::last_os_error();
        if error.raw_os_error() != Some(libc::EINTR) {
            return Err(error);
        }
    }
    // SAFETY: waitid succeeded with WEXITED, so the SIGCHLD fields of the union are the ones
    // filled.
    let status = unsafe { info.si_status() };
    Ok(if info.si_code == libc::CLD_EXITED {
        Ended::Exited(status)
    } else {
        Ended::Signaled(status)
    })
}
