//! The null device (null(4)) of a process's root.

use std::os::fd::{AsFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl, open};
use nix::sys::stat::{Mode, fstat};

use super::mount::open_without_links;

/// Opens `/dev/null` of the current root for reading and writing. A container may have replaced it:
/// links are not followed, and it must be the null device (1, 3). Allocates nothing.
///
/// # Errors
/// ENODEV when it is something else, ELOOP when it is a link; the error of openat2(2).
pub(crate) fn open_null() -> nix::Result<OwnedFd> {
    let root = open(
        c"/",
        OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC,
        Mode::empty(),
    )?;
    // checked before it is opened: opening a device or a FIFO can have effects
    expect_null(&open_without_links(
        root.as_fd(),
        c"dev/null",
        libc::O_PATH,
    )?)?;
    let null = open_without_links(
        root.as_fd(),
        c"dev/null",
        libc::O_RDWR | libc::O_NOCTTY | libc::O_NONBLOCK,
    )?;
    expect_null(&null)?;
    fcntl(null.as_fd(), FcntlArg::F_SETFL(OFlag::empty()))?;
    Ok(null)
}

fn expect_null(found: &OwnedFd) -> nix::Result<()> {
    let data = fstat(found)?;
    let is_null =
        data.st_mode & libc::S_IFMT == libc::S_IFCHR && data.st_rdev == libc::makedev(1, 3);
    if is_null { Ok(()) } else { Err(Errno::ENODEV) }
}
