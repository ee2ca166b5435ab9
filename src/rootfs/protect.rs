//! Masks paths of `/proc` and `/sys`, or makes them read-only ([`Protection`]), through
//! descriptors.
//!
//! Each target is opened once, without following any link, is checked to be in the kernel's own
//! proc or sysfs, and the mount is attached to that descriptor (runc's CVE-2025-31133,
//! CVE-2025-52565 and CVE-2025-52881 came from paths looked up again, and from a `/dev/null` that
//! was none).

use std::cell::Cell;
use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::Result;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::libc;
use nix::sys::stat::{Mode, fstat, makedev};
use nix::sys::statfs::{PROC_SUPER_MAGIC, SYSFS_MAGIC, fstatfs};

use super::{KernelMounts, Protection, RootfsPlan, StepFailure};
use crate::sys::mount as fd_mount;

/// Applies the protections of `plan`, in `mounts` and below the current folder, which is the
/// container's root; skips what this kernel lacks. Call after the kernel settings were written: it
/// makes `/proc/sys` read-only. Allocates nothing.
///
/// # Errors
/// The first protection that failed.
pub(crate) fn protect(
    plan: &RootfsPlan,
    mounts: &KernelMounts,
) -> std::result::Result<(), StepFailure> {
    if plan.protections().is_empty() {
        return Ok(());
    }
    let failed = |index: usize, errno: Errno| StepFailure {
        index: u16::try_from(index).unwrap_or(u16::MAX),
        errno: errno as i32,
    };
    let masks = Masks::open(mounts, plan.label()).map_err(|errno| failed(0, errno))?;
    plan.protections()
        .iter()
        .enumerate()
        .try_for_each(|(index, one)| {
            masks
                .protect(mounts, one)
                .map_err(|errno| failed(index, errno))
        })
}

/// The mount of a path such as `proc/kcore`, and the rest of that path.
fn split<'a>(mounts: &'a KernelMounts, path: &'a CStr) -> Result<(BorrowedFd<'a>, &'a CStr)> {
    let bytes = path.to_bytes_with_nul();
    let slash = bytes
        .iter()
        .position(|byte| *byte == b'/')
        .ok_or(Errno::EINVAL)?;
    let mount = match &bytes[..slash] {
        b"proc" => mounts.proc.as_ref(),
        b"sys" => mounts.sys.as_ref(),
        _ => None,
    };
    let rest = CStr::from_bytes_with_nul(&bytes[slash + 1..]).map_err(|_| Errno::EINVAL)?;
    Ok((mount.ok_or(Errno::EBADF)?.as_fd(), rest))
}

/// Opens a kernel setting (`proc/sys/…`) of the container's own `/proc` for writing. Follows no
/// link and opens only the kernel's own file: a volume mounted there could redirect the value to
/// another setting, such as `core_pattern` (CVE-2025-52881). Allocates nothing.
///
/// # Errors
/// EXDEV when it is not the kernel's own, ENOENT for an unknown setting.
pub(crate) fn open_setting(mounts: &KernelMounts, path: &CStr) -> Result<OwnedFd> {
    let (proc, path) = split(mounts, path)?;
    let file = fd_mount::open_without_links(proc, path, libc::O_WRONLY)?;
    check_kernels_own(file.as_fd())?;
    Ok(file)
}

/// The sources of masks.
struct Masks {
    root: OwnedFd,
    null: OwnedFd,
    /// An empty folder; its mount is attached to the first folder, and cloned for all others: a
    /// detached mount can be cloned only since Linux 6.15.
    empty: OwnedFd,
    empty_is_used: Cell<bool>,
    /// Whether something is mounted over the container's own `/proc` or `/sys`, such as a volume.
    covered: [bool; 2],
}

impl Masks {
    fn open(mounts: &KernelMounts, label: Option<&CStr>) -> Result<Self> {
        let root = open(
            c".",
            OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC,
            Mode::empty(),
        )?;
        let dev = mounts.dev.as_ref().ok_or(Errno::EBADF)?;
        let null = fd_mount::open_without_links(dev.as_fd(), c"null", libc::O_PATH)?;
        let found = fstat(&null)?;
        if found.st_mode & libc::S_IFMT != libc::S_IFCHR || found.st_rdev != makedev(1, 3) {
            return Err(Errno::ENODEV);
        }
        let read_only = fd_mount::ATTR_RDONLY
            | fd_mount::ATTR_NOSUID
            | fd_mount::ATTR_NODEV
            | fd_mount::ATTR_NOEXEC;
        let options = [
            (c"mode", c"555"),
            (c"nr_blocks", c"1"),
            (c"nr_inodes", c"1"),
        ]
        .into_iter()
        .chain(label.map(|label| (c"context", label)));
        let empty = fd_mount::new_filesystem(c"tmpfs", options, read_only)?;
        let covered = |name: &CStr, own: &Option<OwnedFd>| -> Result<bool> {
            let own = fd_mount::mount_id(own.as_ref().ok_or(Errno::EBADF)?.as_fd())?;
            match fd_mount::open_without_links(root.as_fd(), name, libc::O_PATH) {
                Ok(there) => Ok(fd_mount::mount_id(there.as_fd())? != own),
                Err(Errno::ENOENT) => Ok(true),
                Err(errno) => Err(errno),
            }
        };
        let covered = [
            covered(c"proc", &mounts.proc)?,
            covered(c"sys", &mounts.sys)?,
        ];
        Ok(Self {
            root,
            null,
            empty,
            empty_is_used: Cell::new(false),
            covered,
        })
    }

    /// Applies it in the container's own mounts, and also in what is mounted over those.
    fn protect(&self, mounts: &KernelMounts, protection: &Protection) -> Result<()> {
        let (Protection::Masked(path) | Protection::ReadOnly(path)) = protection;
        let (own, rest) = split(mounts, path)?;
        self.protect_at(own, rest, protection)?;
        let covered = if path.to_bytes().starts_with(b"proc/") {
            self.covered[0]
        } else {
            self.covered[1]
        };
        if covered {
            self.protect_at(self.root.as_fd(), path, protection)
        } else {
            Ok(())
        }
    }

    fn protect_at(
        &self,
        above: BorrowedFd<'_>,
        path: &CStr,
        protection: &Protection,
    ) -> Result<()> {
        let target = match fd_mount::open_without_links(above, path, libc::O_PATH) {
            Err(Errno::ENOENT) => return Ok(()),
            other => other?,
        };
        check_kernels_own(target.as_fd())?;
        let tree = match protection {
            Protection::ReadOnly(_) => {
                let tree = fd_mount::clone_tree_of(target.as_fd(), true)?;
                let attributes = fd_mount::ATTR_RDONLY
                    | fd_mount::ATTR_NOSUID
                    | fd_mount::ATTR_NODEV
                    | fd_mount::ATTR_NOEXEC;
                fd_mount::set_attributes(tree.as_fd(), attributes, true)?;
                tree
            }
            Protection::Masked(_) if super::place::is_folder(target.as_fd())? => {
                if !self.empty_is_used.replace(true) {
                    return fd_mount::attach(self.empty.as_fd(), target.as_fd());
                }
                fd_mount::clone_tree_of(self.empty.as_fd(), false)?
            }
            Protection::Masked(_) => fd_mount::clone_tree_of(self.null.as_fd(), false)?,
        };
        fd_mount::attach(tree.as_fd(), target.as_fd())
    }
}

/// Refuses what is not the kernel's: with a volume over `/proc` or `/sys`, a mask would hide the
/// user's files instead of the kernel's.
fn check_kernels_own(fd: BorrowedFd<'_>) -> Result<()> {
    let kind = fstatfs(fd)?.filesystem_type();
    if kind == PROC_SUPER_MAGIC || kind == SYSFS_MAGIC {
        Ok(())
    } else {
        Err(Errno::EXDEV)
    }
}
