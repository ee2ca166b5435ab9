//! The root of a container with ids of its own: its layers shown with shifted owners (idmapped
//! mounts, mount_setattr(2)), nothing copied.
//!
//! Root inside may neither search the host's folders nor shift owners, so the supervisor mounts the
//! root, detached, and init attaches it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use nix::fcntl::{OFlag, open};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::stat::Mode;
use nix::unistd::{chdir, chroot, fchdir};

use super::overlay::{c_path, options};
use super::storage::Layer;
use super::{FileError, RootfsPaths, pivot};
use crate::spec::{ContainerSpec, Propagation};
use crate::sys::mount as fd_mount;

/// Mounts the root of `spec`, whose own folder, if it has one, is `root`, detached; what belongs to
/// id N in its layers belongs to id N of the user namespace `users`.
///
/// An overlay over idmapped layers takes Linux 5.19. For a process with one thread: an overlay's
/// layers must be attached somewhere while it is mounted, and that is done in a mount namespace
/// that is left again.
///
/// # Errors
/// [`FileError`] naming the layer whose file system cannot shift owners, or what else was refused.
pub(crate) fn shifted_root(
    spec: &ContainerSpec,
    paths: &RootfsPaths,
    root: Option<BorrowedFd<'_>>,
    users: BorrowedFd<'_>,
) -> Result<OwnedFd, FileError> {
    match (&spec.root, root) {
        (Some(folder), Some(root)) if !spec.overlay => {
            let tree = fd_mount::clone_tree_of(root, true).map_err(told("open", folder))?;
            fd_mount::map_ids(tree.as_fd(), users, false).map_err(told(SHIFT, folder))?;
            let slave = spec.propagation == Propagation::Slave;
            fd_mount::set_propagation(tree.as_fd(), slave)
                .map_err(told("set the mount propagation of", folder))?;
            Ok(tree)
        }
        (folder, root) => {
            let folder = folder.as_deref().unwrap_or(&paths.image);
            let lower = root
                .map(|root| fd_mount::clone_tree_of(root, false))
                .transpose()
                .map_err(told("open", folder))?;
            if let Some(lower) = &lower {
                fd_mount::map_ids(lower.as_fd(), users, false).map_err(told(SHIFT, folder))?;
            }
            let layer = planned(&paths.merged, Layer::of(spec, paths))?;
            apart(|| overlay(paths, lower.as_ref(), layer.as_ref(), users))
        }
    }
}

const SHIFT: &str = "shift the owners of the files (idmapped mount) of";

fn told(verb: &'static str, path: &Path) -> impl FnOnce(nix::Error) -> FileError {
    let told = FileError::of(verb, path);
    move |errno| told(errno.into())
}

fn planned<T>(path: &Path, value: Result<T, super::PlanError>) -> Result<T, FileError> {
    value.map_err(|error| FileError::of("mount", path)(io::Error::other(error)))
}

/// A detached copy of the mount at `path` whose owners are shifted.
fn shifted(path: &Path, users: BorrowedFd<'_>) -> Result<OwnedFd, FileError> {
    let tree =
        fd_mount::clone_tree(&planned(path, c_path(path))?, false).map_err(told("open", path))?;
    fd_mount::map_ids(tree.as_fd(), users, false).map_err(told(SHIFT, path))?;
    Ok(tree)
}

/// `lower` is the layer of an image that is the user's folder, shifted already.
fn overlay(
    paths: &RootfsPaths,
    lower: Option<&OwnedFd>,
    layer: Option<&Layer>,
    users: BorrowedFd<'_>,
) -> Result<OwnedFd, FileError> {
    let attach = |tree: &OwnedFd, on: &Path| {
        let below =
            open(on, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty()).map_err(told("open", on))?;
        fd_mount::attach(tree.as_fd(), below.as_fd()).map_err(told("mount", on))
    };
    layer.map_or(Ok(()), Layer::mount).map_err(told(
        "mount a tmpfs for the container's layer for",
        &paths.merged,
    ))?;
    attach(&shifted(&paths.base, users)?, &paths.base)?;
    match lower {
        Some(lower) => {
            attach(lower, &paths.merged)?;
            fchdir(lower).map_err(told("enter", &paths.merged))?;
        }
        None => attach(&shifted(&paths.image, users)?, &paths.image)?,
    }
    let (merged, options) = (
        planned(&paths.merged, c_path(&paths.merged))?,
        planned(&paths.merged, options(paths))?,
    );
    let kind = Some(c"overlay");
    mount(
        kind,
        merged.as_c_str(),
        kind,
        MsFlags::empty(),
        Some(options.as_c_str()),
    )
    .map_err(told(
        "mount an overlay over shifted layers (Linux 5.19) on",
        &paths.merged,
    ))?;
    fd_mount::clone_tree(&merged, false).map_err(told("open", &paths.merged))
}

/// Works in a mount namespace of its own, from which nothing reaches the host, and comes back.
fn apart<T>(work: impl FnOnce() -> Result<T, FileError>) -> Result<T, FileError> {
    let root = Path::new("/");
    let flags = OFlag::O_CLOEXEC | OFlag::O_DIRECTORY;
    let own = open(
        "/proc/self/ns/mnt",
        OFlag::O_RDONLY | OFlag::O_CLOEXEC,
        Mode::empty(),
    );
    let own = own.map_err(told("open", Path::new("/proc/self/ns/mnt")))?;
    let old_root = open(root, OFlag::O_PATH | flags, Mode::empty()).map_err(told("open", root))?;
    unshare(CloneFlags::CLONE_NEWNS).map_err(told("make a mount namespace below", root))?;
    let shielded = pivot::shield(MsFlags::MS_PRIVATE);
    let done = shielded
        .map_err(told("make private the mounts below", root))
        .and_then(|()| work());
    // setns(2) also enters the namespace's root, which is not ours when we run in a chroot
    let back = setns(own, CloneFlags::CLONE_NEWNS)
        .and_then(|()| fchdir(&old_root))
        .and_then(|()| chroot(c"."))
        .and_then(|()| chdir(c"/"));
    back.map_err(told("come back to the mounts below", root))?;
    done
}
