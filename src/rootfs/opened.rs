//! What the supervisor opens before clone: the sources on the host, and, for an init that is
//! unprivileged outside, file systems of namespaces that it does not own.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, open};
use nix::sched::{CloneFlags, setns};
use nix::sys::stat::{FchmodatFlags, Mode, SFlag, fchmodat, fstatat, mknodat, stat};
use nix::sys::statfs::{PROC_SUPER_MAGIC, fstatfs};
use nix::unistd::{Gid, Uid, chdir, chroot, fchdir, fchownat};

use super::place::Place;
use super::step::{Filesystem, From, Within};
use super::{MountStep, RootfsPlan, Sources, StepFailure, Tree};
use crate::spec::{ContainerSpec, IdRange, IpcMode, NetworkMode, PidMode, Propagation};
use crate::sys::mount::{self as fd_mount, ATTR_NODEV, ATTR_NOEXEC, ATTR_NOSUID};

impl RootfsPlan {
    /// Opens the file systems of namespaces that the container will share, and clones the mounts of
    /// its sources.
    ///
    /// # Errors
    /// The step that needed it.
    pub fn open(&mut self, spec: &ContainerSpec, sources: &Sources) -> Result<(), StepFailure> {
        let slave = spec.propagation == Propagation::Slave;
        if let Some(ids) = spec.ids {
            self.make_dev(ids)?;
        }
        for (index, step) in self.steps.iter_mut().enumerate() {
            let opened = opened(step, spec, sources, slave);
            let failed = |errno| StepFailure {
                index: u16::try_from(index).unwrap_or(u16::MAX),
                errno: errno as i32,
            };
            if let Some(attach) = opened.map_err(failed)? {
                *step = attach;
            }
        }
        Ok(())
    }

    /// Prepares the `/proc` of another container, whose init is `init` with the pid `pid`: only a
    /// member of a pid namespace can mount one for it, and init becomes one after it has given up
    /// its privileges.
    ///
    /// # Errors
    /// ESRCH when that one has ended, ENODEV when its `/proc` is not of its pid namespace.
    pub fn share_proc(&mut self, init: BorrowedFd<'_>, pid: i32) -> nix::Result<()> {
        let kind = |step: &&mut MountStep| matches!(step, MountStep::Filesystem(planned) if planned.kind == c"proc");
        let Some(MountStep::Filesystem(planned)) = self.steps.iter_mut().find(kind) else {
            return Err(Errno::ENOENT);
        };
        planned.tree = Some(Tree::new(proc_of(init, pid)?));
        Ok(())
    }

    /// Creates `/dev` with its nodes for a root that may not create any. Where this process may not
    /// either, init binds the host's nodes.
    fn make_dev(&mut self, ids: IdRange) -> Result<(), StepFailure> {
        let is_dev = |step: &MountStep| matches!(step, MountStep::Filesystem(planned) if planned.within == Within::Root && planned.name == c"dev");
        let Some(index) = self.steps.iter().position(is_dev) else {
            return Ok(());
        };
        let failed = |errno| StepFailure {
            index: u16::try_from(index).unwrap_or(u16::MAX),
            errno: errno as i32,
        };
        let MountStep::Filesystem(planned) = &self.steps[index] else {
            return Ok(());
        };
        let options = planned
            .options
            .iter()
            .map(|(key, value)| (key.as_c_str(), value.as_c_str()));
        let tree =
            fd_mount::new_filesystem(planned.kind, options, planned.attributes).map_err(failed)?;
        let (uid, gid) = (
            Some(Uid::from_raw(ids.first)),
            Some(Gid::from_raw(ids.first)),
        );
        for step in &self.steps {
            let MountStep::Device {
                name, mode, dev, ..
            } = step
            else {
                continue;
            };
            match mknodat(
                &tree,
                name.as_c_str(),
                SFlag::S_IFCHR,
                Mode::from_bits_truncate(*mode),
                *dev,
            ) {
                Err(Errno::EPERM) => return Ok(()),
                made => made.map_err(failed)?,
            }
            fchownat(
                &tree,
                name.as_c_str(),
                uid,
                gid,
                AtFlags::AT_SYMLINK_NOFOLLOW,
            )
            .map_err(failed)?;
            // whatever our umask is
            fchmodat(
                &tree,
                name.as_c_str(),
                Mode::from_bits_truncate(*mode),
                FchmodatFlags::FollowSymlink,
            )
            .map_err(failed)?;
        }
        fchownat(&tree, c"", uid, gid, AtFlags::AT_EMPTY_PATH).map_err(failed)?;
        let planned = Filesystem {
            tree: Some(Tree::new(tree)),
            ..planned.clone()
        };
        self.steps[index] = MountStep::Filesystem(planned);
        self.steps
            .retain(|step| !matches!(step, MountStep::Device { .. }));
        Ok(())
    }

    /// Shifts the owners of the container's own files and its volumes by the user namespace
    /// `users`: id N inside is id N on the disk. So root inside owns what root owns in a volume,
    /// and a set-user-ID file that it creates there is effective on the host, though not inside,
    /// where every volume is nosuid.
    ///
    /// # Errors
    /// A message naming the mount that cannot be shifted, with the remedy.
    pub fn shift(&self, users: BorrowedFd<'_>) -> Result<(), String> {
        self.steps.iter().try_for_each(|step| match step {
            MountStep::Attach {
                tree,
                recursive,
                idmapped: true,
                ..
            } => fd_mount::map_ids(tree.as_fd(), users, *recursive)
                .map_err(|errno| step.explain_idmap(errno)),
            _ => Ok(()),
        })
    }
}

/// A copy of another container's `/proc`, without the masks on it: its user has to apply them
/// again.
fn proc_of(init: BorrowedFd<'_>, pid: i32) -> nix::Result<OwnedFd> {
    let folder = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let namespace = stat(format!("/proc/{pid}/ns/pid").as_str())?;
    let own = open(
        c"/proc/self/ns/mnt",
        OFlag::O_RDONLY | OFlag::O_CLOEXEC,
        Mode::empty(),
    )?;
    let old_root = open(c"/", folder, Mode::empty())?;
    setns(init, CloneFlags::CLONE_NEWNS)?;
    let tree = fd_mount::clone_tree(c"/proc", false);
    // setns(2) also changes the root, which differs from ours in a chroot
    setns(own, CloneFlags::CLONE_NEWNS)
        .and_then(|()| fchdir(&old_root))
        .and_then(|()| chroot(c"."))
        .and_then(|()| chdir(c"/"))?;
    let tree = tree?;
    // it may have mounted something else there, if it was allowed to
    let shown = (fstatfs(&tree)?.filesystem_type() == PROC_SUPER_MAGIC)
        .then(|| fstatat(&tree, c"1/ns/pid", AtFlags::empty()));
    match shown {
        Some(Ok(shown)) if (shown.st_dev, shown.st_ino) == (namespace.st_dev, namespace.st_ino) => {
        }
        _ => return Err(Errno::ENODEV),
    }
    fd_mount::set_attributes(tree.as_fd(), ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC, false)?;
    Ok(tree)
}

/// The replacement of `step`, if any.
fn opened(
    step: &MountStep,
    spec: &ContainerSpec,
    sources: &Sources,
    slave: bool,
) -> nix::Result<Option<MountStep>> {
    match step {
        MountStep::Bind {
            from,
            source,
            place,
            recursive,
            attributes,
            idmapped,
        } => {
            let given = match from {
                From::Path => None,
                From::Volume(index) => Some(sources.volumes.get(*index).ok_or(Errno::EBADF)?),
                From::Device(index) => Some(sources.devices.get(*index).ok_or(Errno::EBADF)?),
            };
            let tree = match given {
                Some(fd) => fd_mount::clone_tree_of(fd.as_fd(), *recursive)?,
                None => {
                    let file = open(
                        source.as_c_str(),
                        OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC,
                        Mode::empty(),
                    )?;
                    fd_mount::clone_tree_of(file.as_fd(), *recursive)?
                }
            };
            fd_mount::set_propagation(tree.as_fd(), slave)?;
            if *attributes != 0 {
                fd_mount::set_attributes(tree.as_fd(), *attributes, *recursive)?;
            }
            Ok(Some(attach(
                tree,
                source,
                place.clone(),
                *recursive,
                *idmapped,
            )))
        }
        MountStep::OwnFolder {
            source,
            target,
            recursive,
            ..
        } => {
            let tree = fd_mount::clone_tree_of(
                sources.root.as_ref().ok_or(Errno::EBADF)?.as_fd(),
                *recursive,
            )?;
            fd_mount::set_propagation(tree.as_fd(), slave)?;
            let (source, target) = (source.clone(), target.clone());
            Ok(Some(MountStep::OwnFolder {
                source,
                target,
                recursive: *recursive,
                tree: Some(Tree::new(tree)),
            }))
        }
        MountStep::Filesystem(planned) if spec.ids.is_some() && planned.tree.is_none() => {
            let others = match planned.kind.to_bytes() {
                // that of another container's pid namespace is mounted by init, which is a member
                b"proc" => spec.pid == PidMode::Host,
                b"sysfs" => spec.network != NetworkMode::None,
                b"mqueue" => spec.ipc != IpcMode::Own,
                _ => false,
            };
            if !others {
                return Ok(None);
            }
            let options = planned
                .options
                .iter()
                .map(|(key, value)| (key.as_c_str(), value.as_c_str()));
            let tree = Some(Tree::new(fd_mount::new_filesystem(
                planned.kind,
                options,
                planned.attributes,
            )?));
            Ok(Some(MountStep::Filesystem(Filesystem {
                tree,
                ..planned.clone()
            })))
        }
        _ => Ok(None),
    }
}

fn attach(
    tree: OwnedFd,
    source: &CStr,
    place: Place,
    recursive: bool,
    idmapped: bool,
) -> MountStep {
    MountStep::Attach {
        tree: Tree::new(tree),
        source: CString::from(source),
        place,
        recursive,
        idmapped,
    }
}
