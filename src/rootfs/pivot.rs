//! Entering the new root and letting go of the old one.

use std::ffi::CStr;

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{chdir, chroot, pivot_root};

/// From "the current folder is the new root's mount" to "nothing of the host is reachable". Allocates nothing.
///
/// pivot_root(".", ".") needs no folder for the old root inside the new one: the old root lies on top of the new one,
/// where "." is, until it is detached (pivot_root(2), "pivot_root(".", ".")").
///
/// # Errors
/// What the kernel says, except EINVAL of pivot_root: then the root is moved over the old one, as switch_root(8) does.
pub(super) fn enter() -> nix::Result<()> {
    match pivot_root(c".", c".") {
        Ok(()) => umount2(c".", MntFlags::MNT_DETACH)?,
        Err(Errno::EINVAL) => move_over_root()?,
        Err(errno) => return Err(errno),
    }
    chdir(c"/")
}

/// Where the old root is the kernel's initial ramfs, or no mount of its own (we run in a chroot), pivot_root cannot work: the
/// new root is moved on top of the old one, which nothing can reach below it, and entered by chroot(2).
fn move_over_root() -> nix::Result<()> {
    let none = None::<&CStr>;
    mount(Some(c"."), c"/", none, MsFlags::MS_MOVE, none)?;
    chroot(c".")
}
