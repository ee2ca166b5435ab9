//! Carrying out mount steps between clone and execve: no allocation, no text, no lock.

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::Result;
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag, open};
use nix::libc::dev_t;
use nix::mount::{MsFlags, mount};
use nix::sys::stat::{Mode, SFlag, lstat, mknod, umask};
use nix::unistd::{chdir, fchdir, mkdir, symlinkat};

use super::place::{Place, is_folder};
use super::{MountStep, StepFailure, pivot};
use crate::sys::mount as fd_mount;
use crate::sys::{fault, xattr};

/// Carries out `steps` in order, in the calling process's mount namespace. `root` is what [`MountStep::Root`] attaches.
///
/// For the one thread of a new process in a mount namespace of its own; the umask is 0 meanwhile, so that devices and
/// folders get the permissions planned.
///
/// # Errors
/// The first step that failed; what the steps before it did stays and goes with the mount namespace.
pub fn apply(steps: &[MountStep], root: Option<BorrowedFd<'_>>) -> std::result::Result<(), StepFailure> {
    let saved = umask(Mode::empty());
    let done = steps.iter().enumerate().try_for_each(|(index, step)| {
        let index = u16::try_from(index).unwrap_or(u16::MAX);
        let done = fault::at_nth("init.mount", index).and_then(|()| carry_out(step, root));
        done.map_err(|errno| StepFailure { index, errno: errno as i32 })
    });
    umask(saved);
    done
}

fn carry_out(step: &MountStep, root: Option<BorrowedFd<'_>>) -> Result<()> {
    match step {
        MountStep::Mount { source, target, fstype, flags, data } => {
            mount(source.as_deref(), target.as_c_str(), fstype.as_deref(), *flags, data.as_deref())
        }
        MountStep::Shield { propagation } => pivot::shield(*propagation),
        MountStep::Folder { path, mode } => folder(path, *mode),
        MountStep::Device { path, host, mode, dev } => device(path, host, *mode, *dev),
        MountStep::Label { path, label } => {
            let folder = open(path.as_c_str(), OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC, Mode::empty())?;
            xattr::set(folder.as_fd(), xattr::SELINUX, label.to_bytes_with_nul())
        }
        MountStep::Symlink { target, link } => symlinkat(target.as_c_str(), AT_FDCWD, link.as_c_str()),
        MountStep::Bind { source, place, recursive, attributes, .. } => bind(source, place, *recursive, *attributes),
        MountStep::Attach { tree, place, .. } => show(tree.as_fd(), place),
        MountStep::Layer(layer) => layer.mount(),
        MountStep::Root => attach_root(root.ok_or(Errno::EBADF)?),
        MountStep::Tmpfs { place, size, label } => tmpfs(place, size.as_deref(), label.as_deref()),
        MountStep::ReadOnlyRoot => fd_mount::set_attributes(new_root()?.as_fd(), fd_mount::ATTR_RDONLY, false),
        MountStep::Chdir { path } => chdir(path.as_c_str()),
        MountStep::PivotRoot => pivot::enter(),
    }
}

fn folder(path: &CStr, mode: u32) -> Result<()> {
    match mkdir(path, Mode::from_bits_truncate(mode)) {
        Err(Errno::EEXIST) => {
            let kind = SFlag::from_bits_truncate(lstat(path)?.st_mode) & SFlag::S_IFMT;
            if kind == SFlag::S_IFDIR { Ok(()) } else { Err(Errno::ENOTDIR) }
        }
        other => other,
    }
}

fn device(path: &CStr, host: &CStr, mode: u32, dev: dev_t) -> Result<()> {
    let mode = Mode::from_bits_truncate(mode);
    match mknod(path, SFlag::S_IFCHR, mode, dev) {
        Err(Errno::EPERM) => {
            mknod(path, SFlag::S_IFREG, mode, 0)?;
            mount(Some(host), path, None::<&CStr>, MsFlags::MS_BIND, None::<&CStr>)
        }
        other => other,
    }
}

/// The new root, which is the current folder until the pivot.
fn new_root() -> Result<OwnedFd> {
    open(c".", OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())
}

/// Over the old root, which is the one place that root of a user namespace can surely reach. Nothing looks it up there: it is entered at once.
fn attach_root(tree: BorrowedFd<'_>) -> Result<()> {
    let above = open(c"/", OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?;
    fd_mount::attach(tree, above.as_fd())?;
    fchdir(tree)
}

fn bind(source: &CStr, place: &Place, recursive: bool, attributes: u64) -> Result<()> {
    let tree = fd_mount::clone_tree(source, recursive)?;
    if attributes != 0 {
        fd_mount::set_attributes(tree.as_fd(), attributes, recursive)?;
    }
    show(tree.as_fd(), place)
}

fn show(tree: BorrowedFd<'_>, place: &Place) -> Result<()> {
    let target = place.open_or_make(new_root()?.as_fd(), is_folder(tree)?)?;
    fd_mount::attach(tree, target.as_fd())
}

fn tmpfs(place: &Place, size: Option<&CStr>, label: Option<&CStr>) -> Result<()> {
    let options = [Some((c"mode", c"1777")), size.map(|size| (c"size", size)), label.map(|label| (c"context", label))];
    let tree = fd_mount::new_filesystem(c"tmpfs", options.into_iter().flatten(), fd_mount::ATTR_NOSUID | fd_mount::ATTR_NODEV)?;
    let target = place.open_or_make(new_root()?.as_fd(), true)?;
    fd_mount::attach(tree.as_fd(), target.as_fd())
}
