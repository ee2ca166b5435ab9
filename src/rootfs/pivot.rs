//! Shielding the old root from what is mounted, entering the new root, and unmounting the old
//! one.

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
/// In a chroot, whose root is no mount, that is done from outside of it.
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

/// From "the current folder is the new root's mount" to "nothing of the host is reachable".
/// Allocates nothing.
///
/// pivot_root(".", ".") needs no folder for the old root inside the new one: the old root lies on
/// top of the new one, where "." is, until it is detached (pivot_root(2), "pivot_root(".", ".")").
///
/// # Errors
/// What the kernel says, except EINVAL of pivot_root: in a chroot it is left first, whose parent
/// folders would else stay reachable; and where the real root is a ramfs, the new one is moved over
/// it, as switch_root(8) does.
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
        // it lies over the real root already (`MountStep::Root`), and has just been entered as what
        // is on top there
        Err(Errno::EBUSY) => chdir(c"/"),
        other => other,
    }
}

fn pivot() -> nix::Result<()> {
    pivot_root(c".", c".")?;
    umount2(c".", MntFlags::MNT_DETACH)?;
    chdir(c"/")
}

/// The kernel's initial ramfs cannot be left (pivot_root(2)): the new root is moved on top of it,
/// and entered. A `..` that climbs out of the new root arrives at the ramfs's root, on which the
/// new root lies: nothing below is ever seen again.
fn move_over_root() -> nix::Result<()> {
    let none = None::<&CStr>;
    mount(Some(c"."), c"/", none, MsFlags::MS_MOVE, none)?;
    chroot(c".")?;
    chdir(c"/")
}

/// Makes the root of our mount namespace our root, and our folder: what entering a mount namespace
/// does, even one's own (setns(2)).
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
