//! Carrying out mount steps between clone and execve: no allocation, no text, no lock.
//!
//! Somebody else may write the root meanwhile. So nothing in it is named twice, and by no path that
//! could lead out of it: what is mounted is put on a folder held open, and what is made in `/dev`
//! is made in our own file system, wherever that folder has been moved to.

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::Result;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat};
use nix::libc::dev_t;
use nix::mount::{MsFlags, mount};
use nix::sys::stat::{Mode, SFlag, mkdirat, mknodat, umask};
use nix::unistd::{chdir, fchdir, symlinkat};

use super::place::{Place, is_folder};
use super::step::{Filesystem, Within};
use super::{MountStep, StepFailure, pivot};
use crate::sys::mount as fd_mount;
use crate::sys::{fault, xattr};

/// The container's own mounts of the kernel's files, held open: what is found in them is the
/// kernel's, whatever lies at their paths.
#[derive(Debug, Default)]
pub(crate) struct KernelMounts {
    pub(super) proc: Option<OwnedFd>,
    pub(super) sys: Option<OwnedFd>,
    pub(super) dev: Option<OwnedFd>,
}

/// Carries out `steps` in order, in the calling process's mount namespace. `root` is what
/// [`MountStep::Root`] attaches.
///
/// For the one thread of a new process in a mount namespace of its own; the umask is 0 meanwhile,
/// so that devices and folders get the permissions planned.
///
/// # Errors
/// The first step that failed; what the steps before it did stays and goes with the mount
/// namespace.
pub(crate) fn apply(
    steps: &[MountStep],
    root: Option<BorrowedFd<'_>>,
) -> std::result::Result<KernelMounts, StepFailure> {
    let saved = umask(Mode::empty());
    let mut mounts = KernelMounts::default();
    let done = steps.iter().enumerate().try_for_each(|(index, step)| {
        let index = u16::try_from(index).unwrap_or(u16::MAX);
        let done = fault::may_fail_at("init.mount", index)
            .map_err(Errno::from)
            .and_then(|()| carry_out(step, root, &mut mounts));
        done.map_err(|errno| StepFailure {
            index,
            errno: errno as i32,
        })
    });
    umask(saved);
    done.map(|()| mounts)
}

fn carry_out(
    step: &MountStep,
    root: Option<BorrowedFd<'_>>,
    mounts: &mut KernelMounts,
) -> Result<()> {
    match step {
        MountStep::Shield { propagation } => pivot::shield(*propagation),
        MountStep::Overlay { target, options } => {
            let kind = Some(c"overlay");
            mount(
                kind,
                target.as_c_str(),
                kind,
                MsFlags::empty(),
                Some(options.as_c_str()),
            )?;
            chdir(target.as_c_str())
        }
        MountStep::Filesystem(planned) => filesystem(planned, mounts),
        MountStep::Device {
            name,
            host,
            mode,
            dev,
        } => device(in_dev(mounts)?, name, host, *mode, *dev),
        MountStep::Symlink { target, name } => {
            symlinkat(target.as_c_str(), in_dev(mounts)?, name.as_c_str())
        }
        // opened before the clone: it is an `Attach` by now
        MountStep::Bind { .. } => Err(Errno::EBADF),
        MountStep::Attach { tree, place, .. } => show(tree.as_fd(), place),
        MountStep::OwnFolder { target, tree, .. } => {
            own_folder(tree.as_ref().ok_or(Errno::EBADF)?.as_fd(), target)
        }
        MountStep::Layer(layer) => layer.mount(),
        MountStep::Root => attach_root(root.ok_or(Errno::EBADF)?),
        MountStep::Tmpfs { place, size, label } => tmpfs(place, size.as_deref(), label.as_deref()),
        MountStep::ReadOnlyRoot => {
            fd_mount::set_attributes(new_root()?.as_fd(), fd_mount::ATTR_RDONLY, false)
        }
        MountStep::PivotRoot => pivot::enter(),
    }
}

fn in_dev(mounts: &KernelMounts) -> Result<BorrowedFd<'_>> {
    Ok(mounts.dev.as_ref().ok_or(Errno::EBADF)?.as_fd())
}

fn filesystem(planned: &Filesystem, mounts: &mut KernelMounts) -> Result<()> {
    let tree = match &planned.tree {
        Some(tree) => tree.try_clone()?,
        None => {
            let options = planned
                .options
                .iter()
                .map(|(key, value)| (key.as_c_str(), value.as_c_str()));
            fd_mount::new_filesystem(planned.kind, options, planned.attributes)?
        }
    };
    let target = match planned.within {
        Within::Root => folder(new_root()?.as_fd(), planned.name)?,
        Within::Dev => folder(in_dev(mounts)?, planned.name)?,
    };
    fd_mount::attach(tree.as_fd(), target.as_fd())?;
    if let Some(label) = &planned.label {
        let itself = openat(
            &tree,
            c".",
            OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC,
            Mode::empty(),
        )?;
        xattr::set(itself.as_fd(), xattr::SELINUX, label.to_bytes_with_nul())?;
    }
    let kept = match (planned.within, planned.name.to_bytes()) {
        (Within::Root, b"proc") => &mut mounts.proc,
        (Within::Root, b"sys") => &mut mounts.sys,
        (Within::Root, b"dev") => &mut mounts.dev,
        _ => return Ok(()),
    };
    *kept = Some(tree);
    Ok(())
}

/// Opens the folder `name`, which is made when it is not there. ENOTDIR for anything else, a
/// symbolic link above all.
fn folder(above: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd> {
    match mkdirat(above, name, Mode::from_bits_truncate(0o755)) {
        Ok(()) | Err(Errno::EEXIST) => {}
        other => other?,
    }
    openat(
        above,
        name,
        OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC,
        Mode::empty(),
    )
}

/// Makes a device, or shows the host's where the kernel forbids mknod(2) (a user namespace).
fn device(dev: BorrowedFd<'_>, name: &CStr, host: &CStr, mode: u32, number: dev_t) -> Result<()> {
    let mode = Mode::from_bits_truncate(mode);
    match mknodat(dev, name, SFlag::S_IFCHR, mode, number) {
        Err(Errno::EPERM) => {
            mknodat(dev, name, SFlag::S_IFREG, mode, 0)?;
            let file = openat(
                dev,
                name,
                OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC,
                Mode::empty(),
            )?;
            fd_mount::attach(fd_mount::clone_tree(host, false)?.as_fd(), file.as_fd())
        }
        other => other,
    }
}

/// The new root, which is the current folder until the pivot.
fn new_root() -> Result<OwnedFd> {
    open(
        c".",
        OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC,
        Mode::empty(),
    )
}

fn own_folder(tree: BorrowedFd<'_>, target: &CStr) -> Result<()> {
    let on = open(
        target,
        OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC,
        Mode::empty(),
    )?;
    fd_mount::attach(tree, on.as_fd())?;
    fchdir(tree)
}

/// Over the old root, which is the one place that root of a user namespace can surely reach.
/// Nothing looks it up there: it is entered at once.
fn attach_root(tree: BorrowedFd<'_>) -> Result<()> {
    let above = open(
        c"/",
        OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC,
        Mode::empty(),
    )?;
    fd_mount::attach(tree, above.as_fd())?;
    fchdir(tree)
}

fn show(tree: BorrowedFd<'_>, place: &Place) -> Result<()> {
    let target = place.open_or_make(new_root()?.as_fd(), is_folder(tree)?)?;
    fd_mount::attach(tree, target.as_fd())
}

fn tmpfs(place: &Place, size: Option<&CStr>, label: Option<&CStr>) -> Result<()> {
    let options = [
        Some((c"mode", c"1777")),
        size.map(|size| (c"size", size)),
        label.map(|label| (c"context", label)),
    ];
    let tree = fd_mount::new_filesystem(
        c"tmpfs",
        options.into_iter().flatten(),
        fd_mount::ATTR_NOSUID | fd_mount::ATTR_NODEV,
    )?;
    let target = place.open_or_make(new_root()?.as_fd(), true)?;
    fd_mount::attach(tree.as_fd(), target.as_fd())
}
