//! Descriptors by number: close_range(2), dup2(2) onto a known number.

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};

use nix::errno::Errno;

fn close_range(first: u32, flags: u32) -> nix::Result<()> {
    // SAFETY: integers only. Callers state below why no descriptor in use is closed.
    Errno::result(unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, flags) }).map(drop)
}

/// Marks every descriptor from `first` on CLOEXEC (Linux 5.11).
///
/// # Errors
/// EINVAL on older kernels.
pub(crate) fn cloexec_from(first: u32) -> nix::Result<()> {
    close_range(first, libc::CLOSE_RANGE_CLOEXEC)
}

/// Closes every descriptor from `first` on. Only for a process just forked that ends in
/// [`super::process::exit_now`] or execve: no `OwnedFd` inherited from its parent is used or
/// dropped.
///
/// # Errors
/// ENOSYS before Linux 5.9.
pub(crate) fn close_from(first: u32) -> nix::Result<()> {
    close_range(first, 0)
}

/// Closes every descriptor from 3 on but `kept`, where -1 stands for none. As [`close_from`]
/// otherwise; allocates nothing.
///
/// # Errors
/// ENOSYS before Linux 5.9.
pub(crate) fn keep_only<const N: usize>(mut kept: [RawFd; N]) -> nix::Result<()> {
    kept.sort_unstable();
    let mut first = 3;
    for number in kept
        .into_iter()
        .filter_map(|number| u32::try_from(number).ok())
    {
        if number > first {
            // SAFETY: integers only; the caller never uses what is closed here.
            Errno::result(unsafe { libc::syscall(libc::SYS_close_range, first, number - 1, 0) })?;
        }
        first = first.max(number + 1);
    }
    close_from(first)
}

/// dup2(2) onto `number`, without CLOEXEC (cleared here when both are the same).
///
/// # Errors
/// EBADF, EMFILE.
pub(crate) fn place(fd: RawFd, number: RawFd) -> nix::Result<()> {
    if fd == number {
        // SAFETY: F_SETFD with 0 only clears the flag.
        return Errno::result(unsafe { libc::fcntl(fd, libc::F_SETFD, 0) }).map(drop);
    }
    // SAFETY: replaces `number`, which callers no longer use.
    Errno::result(unsafe { libc::dup2(fd, number) }).map(drop)
}

/// Takes over a descriptor that was placed at `number` in a process just forked.
#[must_use]
pub(crate) fn adopt(number: RawFd) -> OwnedFd {
    // SAFETY: only called right after `place` put a fresh descriptor there, with every other owner
    // closed by `close_from`.
    unsafe { OwnedFd::from_raw_fd(number) }
}

/// A duplicate numbered `at_least` or above, CLOEXEC, so that [`place`] cannot overwrite it. The
/// caller's later [`close_from`] closes both.
///
/// # Errors
/// EMFILE.
pub(crate) fn move_above(fd: OwnedFd, at_least: RawFd) -> nix::Result<RawFd> {
    // SAFETY: F_DUPFD_CLOEXEC makes a new descriptor and touches no other.
    Errno::result(unsafe { libc::fcntl(fd.into_raw_fd(), libc::F_DUPFD_CLOEXEC, at_least) })
}

/// Borrows one of the standard descriptors, or one that the caller has just placed at `number`.
#[must_use]
pub(crate) fn borrow(number: RawFd) -> BorrowedFd<'static> {
    // SAFETY: 0 to 2 stay open for the whole life of the processes that call this; a placed one is
    // the caller's own.
    unsafe { BorrowedFd::borrow_raw(number) }
}

/// write(2) once, ignoring errors: for the last message of a process. Allocates nothing.
pub(crate) fn write_now(number: RawFd, bytes: &[u8]) {
    // SAFETY: the buffer is valid for its length during the call.
    unsafe { libc::write(number, bytes.as_ptr().cast(), bytes.len()) };
}

/// Whether two descriptors share an open file description (kcmp(2)), as after `2>&1`; `false` on a
/// kernel without kcmp.
#[must_use]
pub(crate) fn is_same_file(one: RawFd, other: RawFd) -> bool {
    const KCMP_FILE: i32 = 0;
    let own = std::process::id();
    // SAFETY: integers only.
    unsafe { libc::syscall(libc::SYS_kcmp, own, own, KCMP_FILE, one, other) == 0 }
}

/// Bytes available to read (FIONREAD); 0 when unknown.
#[must_use]
pub(crate) fn unread(fd: BorrowedFd<'_>) -> usize {
    let mut length: libc::c_int = 0;
    // SAFETY: FIONREAD fills one int.
    let result = unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONREAD, &raw mut length) };
    if result == 0 {
        length.max(0) as usize
    } else {
        0
    }
}
