//! What the supervisor opens on behalf of an init whose root is nobody outside: folders that it could not search, and file systems
//! of namespaces that are not its own.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, open};
use nix::sched::{CloneFlags, setns};
use nix::sys::stat::{Mode, fstatat, stat};
use nix::sys::statfs::{PROC_SUPER_MAGIC, fstatfs};
use nix::unistd::{chdir, chroot, fchdir};

use super::place::Place;
use super::{MountStep, RootfsPlan, StepFailure, Tree};
use crate::spec::{ContainerSpec, IpcMode, NetworkMode, PidMode, Propagation};
use crate::sys::mount::{self as fd_mount, ATTR_NODEV, ATTR_NOEXEC, ATTR_NOSUID, ATTR_RDONLY};

impl RootfsPlan {
    /// Opens them, in the namespaces that the container will share. Nothing to do for a container whose users are the host's.
    ///
    /// # Errors
    /// The step that it was for.
    pub fn open(&mut self, spec: &ContainerSpec) -> Result<(), StepFailure> {
        if spec.ids.is_none() {
            return Ok(());
        }
        let slave = spec.propagation == Propagation::Slave;
        for (index, step) in self.steps.iter_mut().enumerate() {
            let opened = opened(step, spec, slave);
            let failed = |errno| StepFailure { index: u16::try_from(index).unwrap_or(u16::MAX), errno: errno as i32 };
            if let Some(attach) = opened.map_err(failed)? {
                *step = attach;
            }
        }
        Ok(())
    }

    /// Lets the container have the `/proc` of another one, whose init is `init` with the number `pid`: only a member of a pid namespace
    /// mounts one for it, and init becomes one when it has nothing left to mount with.
    ///
    /// # Errors
    /// ESRCH when that one has ended, ENODEV when what it has at `/proc` does not show its processes.
    pub fn share_proc(&mut self, init: BorrowedFd<'_>, pid: i32) -> nix::Result<()> {
        let is_proc = |step: &&mut MountStep| matches!(step, MountStep::Mount { fstype: Some(kind), .. } if kind.as_c_str() == c"proc");
        let step = self.steps.iter_mut().find(is_proc).ok_or(Errno::ENOENT)?;
        let place = Place::new("proc").map_err(|_| Errno::EINVAL)?;
        *step = attach(proc_of(init, pid)?, c"proc", place, false);
        Ok(())
    }

    /// Lets the container's own among them belong to the users of the user namespace `users`.
    ///
    /// # Errors
    /// The step whose file system cannot do it.
    pub fn shift(&self, users: BorrowedFd<'_>) -> Result<(), StepFailure> {
        self.steps.iter().enumerate().try_for_each(|(index, step)| match step {
            MountStep::Attach { tree, own: true, .. } => fd_mount::map_ids(tree.as_fd(), users)
                .map_err(|errno| StepFailure { index: u16::try_from(index).unwrap_or(u16::MAX), errno: errno as i32 }),
            _ => Ok(()),
        })
    }
}

/// A copy of what another container has at `/proc`, and nothing of what hides parts of it there: who gets it hides them again.
fn proc_of(init: BorrowedFd<'_>, pid: i32) -> nix::Result<OwnedFd> {
    let folder = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let namespace = stat(format!("/proc/{pid}/ns/pid").as_str())?;
    let own = open(c"/proc/self/ns/mnt", OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    let old_root = open(c"/", folder, Mode::empty())?;
    setns(init, CloneFlags::CLONE_NEWNS)?;
    let tree = fd_mount::clone_tree(c"/proc", false);
    // setns(2) also enters the namespace's root, which is not ours when we run in a chroot
    setns(own, CloneFlags::CLONE_NEWNS).and_then(|()| fchdir(&old_root)).and_then(|()| chroot(c".")).and_then(|()| chdir(c"/"))?;
    let tree = tree?;
    // it may have mounted something else there, if it was allowed to
    let shown = (fstatfs(&tree)?.filesystem_type() == PROC_SUPER_MAGIC).then(|| fstatat(&tree, c"1/ns/pid", AtFlags::empty()));
    match shown {
        Some(Ok(shown)) if (shown.st_dev, shown.st_ino) == (namespace.st_dev, namespace.st_ino) => {}
        _ => return Err(Errno::ENODEV),
    }
    fd_mount::set_attributes(tree.as_fd(), ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC, false)?;
    Ok(tree)
}

/// What replaces `step`, where something does.
fn opened(step: &MountStep, spec: &ContainerSpec, slave: bool) -> nix::Result<Option<MountStep>> {
    match step {
        MountStep::Bind { source, place, recursive, attributes, own } => {
            let tree = fd_mount::clone_tree(source, *recursive)?;
            fd_mount::set_propagation(tree.as_fd(), slave)?;
            if *attributes != 0 {
                fd_mount::set_attributes(tree.as_fd(), *attributes, *recursive)?;
            }
            Ok(Some(attach(tree, source, place.clone(), *own)))
        }
        MountStep::Mount { fstype: Some(kind), target, .. } => {
            let quiet = ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC;
            let attributes = match kind.to_bytes() {
                b"proc" if spec.pid != PidMode::Own => quiet,
                b"sysfs" if spec.network != NetworkMode::None => quiet | ATTR_RDONLY,
                b"mqueue" if spec.ipc != IpcMode::Own => quiet,
                _ => return Ok(None),
            };
            // ours and relative: `proc`, `dev/mqueue`
            let place = Place::new(&target.to_string_lossy()).map_err(|_| nix::Error::EINVAL)?;
            Ok(Some(attach(fd_mount::new_filesystem(kind, [], attributes)?, kind, place, false)))
        }
        _ => Ok(None),
    }
}

fn attach(tree: OwnedFd, source: &CStr, place: Place, own: bool) -> MountStep {
    MountStep::Attach { tree: Tree::new(tree), source: CString::from(source), place, own }
}
