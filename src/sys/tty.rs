//! Terminals: pseudo-terminals (pty(7)), window size and the controlling terminal (ioctl_tty(2)).

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use serde::{Deserialize, Serialize};

/// Rows and columns of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowSize {
    /// Lines.
    pub rows: u16,
    /// Characters a line.
    pub columns: u16,
}

/// Opens `/dev/ptmx` of the current root and unlocks its slave. Allocates nothing.
///
/// # Errors
/// ENOENT without devpts, EMFILE.
pub fn open_master() -> nix::Result<OwnedFd> {
    // SAFETY: a constant path; the result is checked.
    let fd = Errno::result(unsafe { libc::open(c"/dev/ptmx".as_ptr(), libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC) })?;
    // SAFETY: open has just made it for us alone.
    let master = unsafe { OwnedFd::from_raw_fd(fd) };
    let unlock: libc::c_int = 0;
    // SAFETY: TIOCSPTLCK reads one int.
    Errno::result(unsafe { libc::ioctl(fd, libc::TIOCSPTLCK, &raw const unlock) })?;
    Ok(master)
}

/// The slave of `master`, opened without a path (TIOCGPTPEER, Linux 4.13): nothing in the container's /dev can redirect it.
///
/// # Errors
/// EIO when the master is gone.
pub fn open_slave(master: BorrowedFd<'_>) -> nix::Result<OwnedFd> {
    // SAFETY: TIOCGPTPEER takes open flags as its argument and returns a new descriptor.
    let fd = Errno::result(unsafe { libc::ioctl(master.as_raw_fd(), libc::TIOCGPTPEER, libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC) })?;
    // SAFETY: made for us alone.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Makes the terminal the controlling one of this session (TIOCSCTTY).
///
/// # Errors
/// EPERM when this process does not lead a session.
pub fn take_control(terminal: BorrowedFd<'_>) -> nix::Result<()> {
    // SAFETY: TIOCSCTTY takes an integer.
    Errno::result(unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSCTTY, 0) }).map(drop)
}

/// The terminal's size.
///
/// # Errors
/// ENOTTY when it is none.
pub fn window_size(terminal: RawFd) -> nix::Result<WindowSize> {
    // SAFETY: winsize is plain integers.
    let mut size: libc::winsize = unsafe { std::mem::zeroed() };
    // SAFETY: TIOCGWINSZ fills one winsize.
    Errno::result(unsafe { libc::ioctl(terminal, libc::TIOCGWINSZ, &raw mut size) })?;
    Ok(WindowSize { rows: size.ws_row, columns: size.ws_col })
}

/// Sets the terminal's size; the kernel sends SIGWINCH to its foreground processes.
///
/// # Errors
/// ENOTTY when it is none.
pub fn set_window_size(terminal: BorrowedFd<'_>, size: WindowSize) -> nix::Result<()> {
    let size = libc::winsize { ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: TIOCSWINSZ reads one winsize.
    Errno::result(unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) }).map(drop)
}
