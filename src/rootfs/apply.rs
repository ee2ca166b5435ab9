//! Applies mount steps between clone and execve: no allocation, no locks.
//!
//! Others may write to the root concurrently. So nothing in it is looked up twice, or by a path
//! that could leave it: mounts are attached to open folders, and `/dev` is filled through a
//! descriptor of our own file system.

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

/// The container's own kernel file systems, held open: what is opened through them is the kernel's,
/// whatever is mounted over their paths.
#[derive(Debug, Default)]
pub(crate) struct KernelMounts {
    pub(super) proc: Option<OwnedFd>,
    pub(super) sys: Option<OwnedFd>,
    pub(super) dev: Option<OwnedFd>,
}

/// Applies `steps` in order, in the calling process's mount namespace. `root` is what
/// [`MountStep::Root`] attaches.
///
/// For a new single-threaded process in its own mount namespace; sets the umask to 0 meanwhile, so
/// that devices and folders get the planned permissions.
///
/// # Errors
/// The first step that failed; earlier steps are undone with the mount namespace.
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
            .and_then(|()| apply_step(step, root, &mut mounts));
        done.map_err(|errno| StepFailure {
            index,
            errno: errno as i32,
        })
    });
    umask(saved);
    done.map(|()| mounts)
}

fn apply_step(
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
        // opened before clone: it is an `Attach` by now
        MountStep::Bind { .. } => Err(Errno::EBADF),
        MountStep::Attach { tree, place, .. } => attach_at(tree.as_fd(), place),
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

/// Opens the folder `name`, creating it if needed. ENOTDIR for anything else, including a symbolic
/// link.
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

/// Creates a device, or binds the host's where mknod(2) is forbidden (in a user namespace).
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

/// Attaches it over the old root, the one place that root of a user namespace can always reach, and
/// enters it.
fn attach_root(tree: BorrowedFd<'_>) -> Result<()> {
    let above = open(
        c"/",
        OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC,
        Mode::empty(),
    )?;
    fd_mount::attach(tree, above.as_fd())?;
    fchdir(tree)
}

fn attach_at(tree: BorrowedFd<'_>, place: &Place) -> Result<()> {
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
