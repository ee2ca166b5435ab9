//! The root of a container with ids of its own: its layers with shifted owners (idmapped mounts,
//! mount_setattr(2)), without a copy.
//!
//! Root inside can neither search the host's folders nor shift owners, so the supervisor creates a
//! detached mount, and init attaches it.

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

/// Creates a detached mount of the root of `spec`, with its own folder `root`, if any; id N in its
/// layers becomes id N of the user namespace `users`.
///
/// An overlay over idmapped layers needs Linux 5.19. For a single-threaded process: the layers must
/// be attached while the overlay is mounted, which is done in a temporary mount namespace.
///
/// # Errors
/// [`FileError`] naming the layer whose file system cannot shift owners, or another failure.
pub(crate) fn shifted_root(
    spec: &ContainerSpec,
    paths: &RootfsPaths,
    root: Option<BorrowedFd<'_>>,
    users: BorrowedFd<'_>,
) -> Result<OwnedFd, FileError> {
    match (&spec.root, root) {
        (Some(folder), Some(root)) if !spec.overlay => {
            let tree = fd_mount::clone_tree_of(root, true).map_err(failed("open", folder))?;
            fd_mount::map_ids(tree.as_fd(), users, false).map_err(failed(SHIFT, folder))?;
            let slave = spec.propagation == Propagation::Slave;
            fd_mount::set_propagation(tree.as_fd(), slave)
                .map_err(failed("set the mount propagation of", folder))?;
            Ok(tree)
        }
        (folder, root) => {
            let folder = folder.as_deref().unwrap_or(&paths.image);
            let lower = root
                .map(|root| fd_mount::clone_tree_of(root, false))
                .transpose()
                .map_err(failed("open", folder))?;
            if let Some(lower) = &lower {
                fd_mount::map_ids(lower.as_fd(), users, false).map_err(failed(SHIFT, folder))?;
            }
            let layer = checked(&paths.merged, Layer::of(spec, paths))?;
            in_private_namespace(|| overlay(paths, lower.as_ref(), layer.as_ref(), users))
        }
    }
}

const SHIFT: &str = "shift the owners of the files (idmapped mount) of";

fn failed(verb: &'static str, path: &Path) -> impl FnOnce(nix::Error) -> FileError {
    let failed = FileError::of(verb, path);
    move |errno| failed(errno.into())
}

fn checked<T>(path: &Path, value: Result<T, super::PlanError>) -> Result<T, FileError> {
    value.map_err(|error| FileError::of("mount", path)(io::Error::other(error)))
}

/// A detached copy of the mount at `path` whose owners are shifted.
fn shifted(path: &Path, users: BorrowedFd<'_>) -> Result<OwnedFd, FileError> {
    let tree =
        fd_mount::clone_tree(&checked(path, c_path(path))?, false).map_err(failed("open", path))?;
    fd_mount::map_ids(tree.as_fd(), users, false).map_err(failed(SHIFT, path))?;
    Ok(tree)
}

/// `lower` is the user's folder as the lower layer, shifted already.
fn overlay(
    paths: &RootfsPaths,
    lower: Option<&OwnedFd>,
    layer: Option<&Layer>,
    users: BorrowedFd<'_>,
) -> Result<OwnedFd, FileError> {
    let attach = |tree: &OwnedFd, on: &Path| {
        let below = open(on, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty())
            .map_err(failed("open", on))?;
        fd_mount::attach(tree.as_fd(), below.as_fd()).map_err(failed("mount", on))
    };
    layer.map_or(Ok(()), Layer::mount).map_err(failed(
        "mount a tmpfs for the container's layer for",
        &paths.merged,
    ))?;
    attach(&shifted(&paths.base, users)?, &paths.base)?;
    match lower {
        Some(lower) => {
            attach(lower, &paths.merged)?;
            fchdir(lower).map_err(failed("enter", &paths.merged))?;
        }
        None => attach(&shifted(&paths.image, users)?, &paths.image)?,
    }
    let (merged, options) = (
        checked(&paths.merged, c_path(&paths.merged))?,
        checked(&paths.merged, options(paths))?,
    );
    let kind = Some(c"overlay");
    mount(
        kind,
        merged.as_c_str(),
        kind,
        MsFlags::empty(),
        Some(options.as_c_str()),
    )
    .map_err(failed(
        "mount an overlay over shifted layers (Linux 5.19) on",
        &paths.merged,
    ))?;
    fd_mount::clone_tree(&merged, false).map_err(failed("open", &paths.merged))
}

/// Runs `work` in a temporary private mount namespace.
fn in_private_namespace<T>(work: impl FnOnce() -> Result<T, FileError>) -> Result<T, FileError> {
    let root = Path::new("/");
    let flags = OFlag::O_CLOEXEC | OFlag::O_DIRECTORY;
    let own = open(
        "/proc/self/ns/mnt",
        OFlag::O_RDONLY | OFlag::O_CLOEXEC,
        Mode::empty(),
    );
    let own = own.map_err(failed("open", Path::new("/proc/self/ns/mnt")))?;
    let old_root =
        open(root, OFlag::O_PATH | flags, Mode::empty()).map_err(failed("open", root))?;
    unshare(CloneFlags::CLONE_NEWNS).map_err(failed("make a mount namespace below", root))?;
    let shielded = pivot::shield(MsFlags::MS_PRIVATE);
    let done = shielded
        .map_err(failed("make the mounts private below", root))
        .and_then(|()| work());
    // setns(2) also changes the root, which differs from ours in a chroot
    let back = setns(own, CloneFlags::CLONE_NEWNS)
        .and_then(|()| fchdir(&old_root))
        .and_then(|()| chroot(c"."))
        .and_then(|()| chdir(c"/"));
    back.map_err(failed("return to the mounts below", root))?;
    done
}
