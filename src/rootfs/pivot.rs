//! Setting mount propagation, entering the new root, and unmounting the old one.

use std::ffi::CStr;

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, setns};
use nix::sys::stat::Mode;
use nix::unistd::{chdir, chroot, fchdir, pivot_root};

use crate::sys::pidfd;

/// Sets the propagation of every mount of this mount namespace, `MS_PRIVATE` or `MS_SLAVE`.
/// Allocates nothing.
///
/// In a chroot, whose root is not a mount, it is left for that.
///
/// # Errors
/// What the kernel says.
pub(super) fn shield(propagation: MsFlags) -> nix::Result<()> {
    let none = None::<&CStr>;
    let spread = || mount(none, c"/", none, MsFlags::MS_REC | propagation, none);
    match spread() {
        Err(Errno::EINVAL) => {}
        done => return done,
    }
    let jail = folder(c"/")?;
    leave_chroot()?;
    spread()?;
    fchdir(jail)?;
    chroot(c".")
}

/// Makes the current folder, the new root's mount, the root, and unmounts the old one. Allocates
/// nothing.
///
/// pivot_root(".", ".") needs no folder for the old root inside the new one: the old root is
/// mounted over the new one until it is detached (pivot_root(2), "pivot_root(".", ".")").
///
/// # Errors
/// The error of the kernel, except EINVAL of pivot_root: a chroot is left first, since its parents
/// would stay reachable; and over a ramfs the new root is moved, as in switch_root(8).
pub(super) fn enter() -> nix::Result<()> {
    match pivot() {
        Err(Errno::EINVAL) => {}
        other => return other,
    }
    let new_root = folder(c".")?;
    leave_chroot()?;
    fchdir(new_root)?;
    match pivot() {
        Err(Errno::EINVAL) => move_over_root(),
        // it is mounted over the real root already (`MountStep::Root`), and has just been entered
        Err(Errno::EBUSY) => chdir(c"/"),
        other => other,
    }
}

fn pivot() -> nix::Result<()> {
    pivot_root(c".", c".")?;
    umount2(c".", MntFlags::MNT_DETACH)?;
    chdir(c"/")
}

/// The kernel's initial ramfs cannot be left (pivot_root(2)): the new root is moved over it and
/// entered. A `..` out of the new root leads to the ramfs's root, over which the new root is
/// mounted: nothing below is reachable.
fn move_over_root() -> nix::Result<()> {
    let none = None::<&CStr>;
    mount(Some(c"."), c"/", none, MsFlags::MS_MOVE, none)?;
    chroot(c".")?;
    chdir(c"/")
}

/// Makes the root of our mount namespace our root and working directory, by entering that namespace
/// again (setns(2)).
fn leave_chroot() -> nix::Result<()> {
    let own = pidfd::open(nix::unistd::getpid().as_raw())
        .map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or_default()))?;
    setns(own, CloneFlags::CLONE_NEWNS)
}

fn folder(path: &CStr) -> nix::Result<std::os::fd::OwnedFd> {
    open(
        path,
        OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC,
        Mode::empty(),
    )
}
