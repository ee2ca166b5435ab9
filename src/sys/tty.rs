//! Terminals: pseudo-terminals (pty(7)), window size and the controlling terminal (ioctl_tty(2)).

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use serde::{Deserialize, Serialize};

use super::mount::open_in_root;

/// Rows and columns of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowSize {
    /// Lines.
    pub rows: u16,
    /// Characters a line.
    pub columns: u16,
}

/// Opens `/dev/ptmx` of the current root and unlocks its slave. A container may have replaced it:
/// links cannot leave the root or go through `/proc`, and it must be the multiplexer (5, 2).
/// Allocates nothing.
///
/// # Errors
/// ENOENT without devpts, ENOTTY when it is something else, EMFILE.
pub(crate) fn open_master() -> nix::Result<OwnedFd> {
    let folder =
        nix::fcntl::OFlag::O_PATH | nix::fcntl::OFlag::O_DIRECTORY | nix::fcntl::OFlag::O_CLOEXEC;
    let root = nix::fcntl::open(c"/", folder, nix::sys::stat::Mode::empty())?;
    // checked before it is opened: opening a device or a FIFO can have effects
    let found = open_in_root(root.as_fd(), c"/dev/ptmx", libc::O_PATH)?;
    let data = nix::sys::stat::fstat(&found)?;
    if data.st_mode & libc::S_IFMT != libc::S_IFCHR || data.st_rdev != libc::makedev(5, 2) {
        return Err(Errno::ENOTTY);
    }
    let master = open_in_root(
        root.as_fd(),
        c"/dev/ptmx",
        libc::O_RDWR | libc::O_NOCTTY | libc::O_NONBLOCK,
    )?;
    let data = nix::sys::stat::fstat(&master)?;
    if data.st_rdev != libc::makedev(5, 2) {
        return Err(Errno::ENOTTY);
    }
    let blocking: libc::c_int = 0;
    // SAFETY: FIONBIO and TIOCSPTLCK read one int each.
    Errno::result(unsafe { libc::ioctl(master.as_raw_fd(), libc::FIONBIO, &raw const blocking) })?;
    let unlock: libc::c_int = 0;
    // SAFETY: as above.
    Errno::result(unsafe { libc::ioctl(master.as_raw_fd(), libc::TIOCSPTLCK, &raw const unlock) })?;
    Ok(master)
}

/// The slave of `master`, opened without a path (TIOCGPTPEER, Linux 4.13): nothing in the
/// container's /dev can redirect it.
///
/// # Errors
/// EIO when the master is gone.
pub(crate) fn open_slave(master: BorrowedFd<'_>) -> nix::Result<OwnedFd> {
    // SAFETY: TIOCGPTPEER takes open flags as its argument and returns a new descriptor.
    let fd = Errno::result(unsafe {
        libc::ioctl(
            master.as_raw_fd(),
            libc::TIOCGPTPEER,
            libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC,
        )
    })?;
    // SAFETY: the kernel has just made this descriptor for us alone.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Makes the terminal the controlling one of this session (TIOCSCTTY).
///
/// # Errors
/// EPERM when this process does not lead a session.
pub(crate) fn take_control(terminal: BorrowedFd<'_>) -> nix::Result<()> {
    // SAFETY: TIOCSCTTY takes an integer.
    Errno::result(unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSCTTY, 0) }).map(drop)
}

/// The terminal's size.
///
/// # Errors
/// ENOTTY when it is none.
pub(crate) fn window_size(terminal: RawFd) -> nix::Result<WindowSize> {
    // SAFETY: winsize is plain integers.
    let mut size: libc::winsize = unsafe { std::mem::zeroed() };
    // SAFETY: TIOCGWINSZ fills one winsize.
    Errno::result(unsafe { libc::ioctl(terminal, libc::TIOCGWINSZ, &raw mut size) })?;
    Ok(WindowSize {
        rows: size.ws_row,
        columns: size.ws_col,
    })
}

/// Sets the terminal's size; the kernel sends SIGWINCH to its foreground processes.
///
/// # Errors
/// ENOTTY when it is none.
pub(crate) fn set_window_size(terminal: BorrowedFd<'_>, size: WindowSize) -> nix::Result<()> {
    let size = libc::winsize {
        ws_row: size.rows,
        ws_col: size.columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: TIOCSWINSZ reads one winsize.
    Errno::result(unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) })
        .map(drop)
}
