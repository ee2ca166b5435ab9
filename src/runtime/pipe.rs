//! The pipes that a container's processes read and write.

use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};

use nix::fcntl::{FcntlArg, OFlag, fcntl, openat};
use nix::sys::stat::{Mode, SFlag, mknodat};
use nix::unistd::{Gid, Uid, UnlinkatFlags, fchown, pipe2, unlinkat};

use super::LaunchError;
use crate::security::selinux::Labels;
use crate::spec::{ContainerSpec, User};
use crate::sys::mount::{ATTR_NODEV, ATTR_NOEXEC, ATTR_NOSUID, new_filesystem};

/// The reading and the writing end of a pipe that processes with these labels may use.
///
/// # Errors
/// EMFILE; what mounting a file system of the label says.
pub(super) fn pipe(labels: Option<&Labels>) -> Result<(OwnedFd, OwnedFd), LaunchError> {
    match labels {
        None => pipe2(OFlag::O_CLOEXEC).map_err(LaunchError::nix("make a pipe")),
        Some(labels) => labelled(labels),
    }
}

/// Gives ends of pipes to a user of the container, so that /dev/stdout can be opened again: nobody
/// inside could give away what belongs to an id that the container has no name for.
///
/// # Errors
/// EPERM without CAP_CHOWN.
pub(super) fn give<'a>(
    ends: impl IntoIterator<Item = &'a OwnedFd>,
    spec: &ContainerSpec,
    user: User,
) -> Result<(), LaunchError> {
    let outside = |id: u32| spec.ids.map_or(Some(id), |ids| ids.outside(id));
    let (uid, gid) = (
        outside(user.uid).map(Uid::from_raw),
        outside(user.gid).map(Gid::from_raw),
    );
    if spec.ids.is_none() && user.is_root() {
        return Ok(());
    }
    let mut ends = ends.into_iter();
    ends.try_for_each(|end| fchown(end, uid, gid))
        .map_err(LaunchError::nix("give the streams to the container"))
}

/// A pipe has its maker's label, with all of its categories, which a container may not have; and a
/// policy lets hardly anybody change it. A FIFO has that of its file system, which lives here no
/// longer than the two ends of it are open.
fn labelled(labels: &Labels) -> Result<(OwnedFd, OwnedFd), LaunchError> {
    let context = CString::new(labels.file.as_str())
        .map_err(|_| LaunchError::plain("the SELinux label has a NUL byte"))?;
    let make = || -> nix::Result<(OwnedFd, OwnedFd)> {
        let options = [
            (c"mode", c"700"),
            (c"nr_inodes", c"2"),
            (c"context", context.as_c_str()),
        ];
        let folder = new_filesystem(c"tmpfs", options, ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC)?;
        mknodat(
            &folder,
            c"pipe",
            SFlag::S_IFIFO,
            Mode::S_IRUSR | Mode::S_IWUSR,
            0,
        )?;
        // a reader that would wait for a writer does not come first
        let reader = openat(
            &folder,
            c"pipe",
            OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC,
            Mode::empty(),
        )?;
        let writer = openat(
            &folder,
            c"pipe",
            OFlag::O_WRONLY | OFlag::O_CLOEXEC,
            Mode::empty(),
        )?;
        fcntl(reader.as_fd(), FcntlArg::F_SETFL(OFlag::empty()))?;
        unlinkat(&folder, c"pipe", UnlinkatFlags::NoRemoveDir)?;
        Ok((reader, writer))
    };
    make().map_err(LaunchError::nix(
        "make a pipe with the container's SELinux label",
    ))
}
