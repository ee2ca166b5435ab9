//! Project quotas (quotactl(2), quotactl_fd(2) of Linux 5.14): limits for a directory tree on ext4
//! and XFS.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::errno::Errno;

/// `struct fsxattr` (linux/fs.h).
#[repr(C)]
#[derive(Default)]
struct Attributes {
    flags: u32,
    extent: u32,
    extents: u32,
    project: u32,
    cow_extent: u32,
    pad: [u8; 8],
}

/// `FS_IOC_FSGETXATTR` and `FS_IOC_FSSETXATTR` (ioctl_iflags(2), linux/fs.h).
const GET_ATTRIBUTES: u64 = 0x801c_581f;
const SET_ATTRIBUTES: u64 = 0x401c_5820;
/// New files in this folder inherit its project.
const PROJECT_INHERITED: u32 = 0x200;

/// `PRJQUOTA` (linux/quota.h).
const OF_PROJECTS: u32 = 2;
/// `Q_GETQUOTA`, `Q_SETQUOTA` (linux/quota.h) and `Q_XGETQSTATV` (linux/dqblk_xfs.h).
const GET: u32 = 0x80_0007;
const SET: u32 = 0x80_0008;
const STATE: u32 = 0x5808;
/// `FS_QUOTA_PDQ_ENFD`: project limits are enforced.
const ENFORCED: u16 = 1 << 5;
/// Bytes in a block, the unit of limits (`QIF_DQBLKSIZE`).
const BLOCK: u64 = 1024;

/// The usage of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Used {
    /// Bytes.
    pub bytes: u64,
    /// Files and folders.
    pub files: u64,
}

/// The project that new files in `folder` inherit; `None` when they inherit none.
///
/// # Errors
/// ENOTTY or EOPNOTSUPP on a file system without projects.
pub(crate) fn inherited(folder: BorrowedFd<'_>) -> nix::Result<Option<u32>> {
    let attributes = get(folder)?;
    Ok((attributes.flags & PROJECT_INHERITED != 0).then_some(attributes.project))
}

fn get(file: BorrowedFd<'_>) -> nix::Result<Attributes> {
    let mut attributes = Attributes::default();
    // SAFETY: the kernel writes one struct of this layout.
    Errno::result(unsafe {
        libc::ioctl(file.as_raw_fd(), GET_ATTRIBUTES as _, &raw mut attributes)
    })?;
    Ok(attributes)
}

/// Assigns a file to `project`; for a folder, new files in it inherit that.
///
/// # Errors
/// ENOTTY or EOPNOTSUPP on a file system without projects, EINVAL from inside a user namespace.
pub(crate) fn put(file: BorrowedFd<'_>, project: u32, is_folder: bool) -> nix::Result<()> {
    let mut attributes = get(file)?;
    attributes.project = project;
    if is_folder {
        attributes.flags |= PROJECT_INHERITED;
    }
    // SAFETY: the kernel reads one struct of this layout.
    Errno::result(unsafe {
        libc::ioctl(file.as_raw_fd(), SET_ATTRIBUTES as _, &raw const attributes)
    })
    .map(drop)
}

/// Whether the file system of `file` enforces project limits.
///
/// # Errors
/// ENOSYS without quotas, or before Linux 5.14.
pub(crate) fn is_enforced(file: BorrowedFd<'_>) -> nix::Result<bool> {
    // struct fs_quota_statv is shorter: its version first, then its flags
    let mut state = [0_u64; 32];
    state[0] = u64::from_ne_bytes([1, 0, 0, 0, 0, 0, 0, 0]);
    control(file, STATE, 0, state.as_mut_ptr().cast())?;
    let [_, _, low, high, ..] = state[0].to_ne_bytes();
    Ok(u16::from_ne_bytes([low, high]) & ENFORCED != 0)
}

/// The usage of `project` on the file system of `file`.
///
/// # Errors
/// ESRCH where projects are not accounted.
pub(crate) fn used(file: BorrowedFd<'_>, project: u32) -> nix::Result<Used> {
    let mut quota = MaybeUninit::<libc::dqblk>::zeroed();
    match control(file, GET, project, quota.as_mut_ptr().cast()) {
        // XFS has no record of a project that never used anything
        Err(Errno::ENOENT) => return Ok(Used { bytes: 0, files: 0 }),
        other => other?,
    }
    // SAFETY: all zero is a value of it, and the kernel has written it.
    let quota = unsafe { quota.assume_init() };
    Ok(Used {
        bytes: quota.dqb_curspace,
        files: quota.dqb_curinodes,
    })
}

/// Limits the bytes and files of `project`; 0 is unlimited.
///
/// # Errors
/// ESRCH where projects are not accounted, EPERM without CAP_SYS_ADMIN.
pub(crate) fn limit(file: BorrowedFd<'_>, project: u32, bytes: u64, files: u64) -> nix::Result<()> {
    let mut quota = MaybeUninit::<libc::dqblk>::zeroed();
    // SAFETY: all zero is a value of it.
    let quota = unsafe { quota.assume_init_mut() };
    quota.dqb_bhardlimit = bytes.div_ceil(BLOCK);
    quota.dqb_ihardlimit = files;
    quota.dqb_valid = libc::QIF_BLIMITS | libc::QIF_ILIMITS;
    control(file, SET, project, std::ptr::from_mut(quota).cast())
}

fn control(
    file: BorrowedFd<'_>,
    command: u32,
    id: u32,
    address: *mut libc::c_void,
) -> nix::Result<()> {
    let command = (command << 8) | OF_PROJECTS;
    // SAFETY: every caller passes the address of what its command reads or writes, alive during the
    // call.
    Errno::result(unsafe {
        libc::syscall(
            libc::SYS_quotactl_fd,
            file.as_raw_fd(),
            command,
            id,
            address,
        )
    })
    .map(drop)
}
