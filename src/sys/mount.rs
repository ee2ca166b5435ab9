//! The descriptor-based mount API (Linux 5.2 and later): open_tree(2), fsopen(2), move_mount(2),
//! mount_setattr(2), and openat2(2). Working on descriptors, no path inside a container can
//! redirect a mount.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use nix::errno::Errno;

/// MOUNT_ATTR_RDONLY (mount_setattr(2)).
pub(crate) const ATTR_RDONLY: u64 = 0x1;
/// MOUNT_ATTR_NOSUID.
pub(crate) const ATTR_NOSUID: u64 = 0x2;
/// MOUNT_ATTR_NODEV.
pub(crate) const ATTR_NODEV: u64 = 0x4;
/// MOUNT_ATTR_NOEXEC.
pub(crate) const ATTR_NOEXEC: u64 = 0x8;

/// MOUNT_ATTR_STRICTATIME.
pub(crate) const ATTR_STRICTATIME: u64 = 0x20;

/// MOUNT_ATTR_IDMAP.
const ATTR_IDMAP: u64 = 0x0010_0000;
const OPEN_TREE_CLONE: u32 = 1;
const OPEN_TRIES: u32 = 100;
const FSCONFIG_SET_FLAG: u32 = 0;
const FSCONFIG_SET_STRING: u32 = 1;
const FSCONFIG_CMD_CREATE: u32 = 6;
const FSMOUNT_CLOEXEC: u32 = 1;
const FSOPEN_CLOEXEC: u32 = 1;
const MOVE_MOUNT_F_EMPTY_PATH: u32 = 0x4;
const MOVE_MOUNT_T_EMPTY_PATH: u32 = 0x40;

fn owned(result: libc::c_long) -> nix::Result<OwnedFd> {
    let fd = Errno::result(result)?;
    // SAFETY: the system call has just made this descriptor for us alone.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// A detached copy of the mount at `path` (open_tree(2) with OPEN_TREE_CLONE), including submounts
/// when `recursive`.
///
/// # Errors
/// ENOENT, EPERM without CAP_SYS_ADMIN.
pub(crate) fn clone_tree(path: &CStr, recursive: bool) -> nix::Result<OwnedFd> {
    let below = if recursive {
        libc::AT_RECURSIVE as u32
    } else {
        0
    };
    let flags = OPEN_TREE_CLONE | libc::O_CLOEXEC as u32 | below;
    // SAFETY: `path` is NUL-terminated and outlives the call.
    owned(unsafe { libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, path.as_ptr(), flags) })
}

/// As [`clone_tree`], of an open descriptor.
///
/// # Errors
/// EINVAL when the kernel cannot bind it.
pub(crate) fn clone_tree_of(fd: BorrowedFd<'_>, recursive: bool) -> nix::Result<OwnedFd> {
    let below = if recursive {
        libc::AT_RECURSIVE as u32
    } else {
        0
    };
    let flags = OPEN_TREE_CLONE | libc::O_CLOEXEC as u32 | libc::AT_EMPTY_PATH as u32 | below;
    // SAFETY: the path is empty and NUL-terminated; the descriptor is open.
    owned(unsafe { libc::syscall(libc::SYS_open_tree, fd.as_raw_fd(), c"".as_ptr(), flags) })
}

/// A new, detached file system of `kind` with `options` (fsopen(2), fsconfig(2), fsmount(2);
/// without a value they are flags) and mount attributes `ATTR_*`.
///
/// # Errors
/// ENODEV when the kernel has no such file system, EINVAL for an invalid option.
pub(crate) fn new_filesystem<'a>(
    kind: &CStr,
    options: impl IntoIterator<Item = (&'a CStr, &'a CStr)>,
    attributes: u64,
) -> nix::Result<OwnedFd> {
    // SAFETY: `kind` is NUL-terminated and outlives the call.
    let context = owned(unsafe { libc::syscall(libc::SYS_fsopen, kind.as_ptr(), FSOPEN_CLOEXEC) })?;
    let fd = context.as_raw_fd();
    for (key, value) in options {
        let (command, value) = if value.is_empty() {
            (FSCONFIG_SET_FLAG, std::ptr::null())
        } else {
            (FSCONFIG_SET_STRING, value.as_ptr())
        };
        // SAFETY: both texts are NUL-terminated and outlive the call; a flag has no value.
        Errno::result(unsafe {
            libc::syscall(libc::SYS_fsconfig, fd, command, key.as_ptr(), value, 0)
        })?;
    }
    let none = std::ptr::null::<libc::c_char>();
    // SAFETY: FSCONFIG_CMD_CREATE takes neither key nor value.
    Errno::result(unsafe {
        libc::syscall(libc::SYS_fsconfig, fd, FSCONFIG_CMD_CREATE, none, none, 0)
    })?;
    // SAFETY: integers only.
    owned(unsafe { libc::syscall(libc::SYS_fsmount, fd, FSMOUNT_CLOEXEC, attributes) })
}

/// Attaches the detached mount `tree` to the open file or folder `target`.
///
/// # Errors
/// ENOTDIR when one is a folder and the other is not.
pub(crate) fn attach(tree: BorrowedFd<'_>, target: BorrowedFd<'_>) -> nix::Result<()> {
    let flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
    let empty = c"".as_ptr();
    // SAFETY: the two paths are empty and NUL-terminated; the descriptors are open.
    Errno::result(unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            tree.as_raw_fd(),
            empty,
            target.as_raw_fd(),
            empty,
            flags,
        )
    })
    .map(drop)
}

/// Sets attributes `ATTR_*` of the mount `tree`, and of its submounts when `recursive`.
///
/// # Errors
/// EINVAL when the descriptor is not the root of a mount.
pub(crate) fn set_attributes(
    tree: BorrowedFd<'_>,
    attributes: u64,
    recursive: bool,
) -> nix::Result<()> {
    // SAFETY: mount_attr is plain integers; zero changes nothing.
    let mut change: libc::mount_attr = unsafe { std::mem::zeroed() };
    change.attr_set = attributes;
    let flags = libc::AT_EMPTY_PATH | if recursive { libc::AT_RECURSIVE } else { 0 };
    let size = size_of::<libc::mount_attr>();
    // SAFETY: `change` outlives the call, and its size is given.
    Errno::result(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            c"".as_ptr(),
            flags,
            &raw const change,
            size,
        )
    })
    .map(drop)
}

/// Sets the propagation of the mount `tree` and its submounts: MS_PRIVATE, or MS_SLAVE to receive
/// mounts from the original.
///
/// # Errors
/// EINVAL when the descriptor is not the root of a mount.
pub(crate) fn set_propagation(tree: BorrowedFd<'_>, slave: bool) -> nix::Result<()> {
    // SAFETY: mount_attr is plain integers; zero changes nothing.
    let mut change: libc::mount_attr = unsafe { std::mem::zeroed() };
    change.propagation = if slave {
        libc::MS_SLAVE
    } else {
        libc::MS_PRIVATE
    };
    let (path, flags, size) = (
        c"".as_ptr(),
        libc::AT_EMPTY_PATH | libc::AT_RECURSIVE,
        size_of::<libc::mount_attr>(),
    );
    // SAFETY: the path is NUL-terminated, `change` outlives the call, and its size is given.
    Errno::result(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            path,
            flags,
            &raw const change,
            size,
        )
    })
    .map(drop)
}

/// The id of the mount that `fd` is in (statx(2), STATX_MNT_ID, Linux 5.8).
///
/// # Errors
/// EOPNOTSUPP on an older kernel.
pub(crate) fn mount_id(fd: BorrowedFd<'_>) -> nix::Result<u64> {
    // SAFETY: statx is plain integers; zero is a value of each.
    let mut found: libc::statx = unsafe { std::mem::zeroed() };
    // SAFETY: the path is empty and NUL-terminated, and `found` outlives the call.
    Errno::result(unsafe {
        libc::statx(
            fd.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH,
            libc::STATX_MNT_ID,
            &raw mut found,
        )
    })?;
    if found.stx_mask & libc::STATX_MNT_ID == 0 {
        Err(Errno::EOPNOTSUPP)
    } else {
        Ok(found.stx_mnt_id)
    }
}

/// Shifts the owners of the detached mount `tree`, and of its submounts when `recursive`, by the
/// user namespace `users` (MOUNT_ATTR_IDMAP, Linux 5.12). All of them or none.
///
/// # Errors
/// EINVAL when a file system cannot do it or `tree` is attached already, EPERM for the initial user
/// namespace and where ids are mapped already.
pub(crate) fn map_ids(
    tree: BorrowedFd<'_>,
    users: BorrowedFd<'_>,
    recursive: bool,
) -> nix::Result<()> {
    // SAFETY: mount_attr is plain integers; zero changes nothing.
    let mut change: libc::mount_attr = unsafe { std::mem::zeroed() };
    change.attr_set = ATTR_IDMAP;
    change.userns_fd = users.as_raw_fd() as u64;
    let flags = libc::AT_EMPTY_PATH | if recursive { libc::AT_RECURSIVE } else { 0 };
    let (path, size) = (c"".as_ptr(), size_of::<libc::mount_attr>());
    // SAFETY: the path is NUL-terminated, `change` outlives the call, and its size is given.
    Errno::result(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            path,
            flags,
            &raw const change,
            size,
        )
    })
    .map(drop)
}

/// openat2(2) of `path` as if `root` were `/`: `..`, absolute links and magic links cannot escape.
///
/// # Errors
/// ENOENT, ELOOP for a magic link, EAGAIN when renames keep racing.
pub(crate) fn open_in_root(root: BorrowedFd<'_>, path: &CStr, flags: i32) -> nix::Result<OwnedFd> {
    openat2(
        root,
        path,
        flags,
        libc::RESOLVE_IN_ROOT | libc::RESOLVE_NO_MAGICLINKS,
    )
}

/// openat2(2) of `path` below `root`, following no links.
///
/// # Errors
/// ENOENT, ELOOP for a link, EXDEV for an escape.
pub(crate) fn open_without_links(
    root: BorrowedFd<'_>,
    path: &CStr,
    flags: i32,
) -> nix::Result<OwnedFd> {
    openat2(
        root,
        path,
        flags,
        libc::RESOLVE_BENEATH | libc::RESOLVE_NO_SYMLINKS | libc::RESOLVE_NO_MAGICLINKS,
    )
}

/// Opens the folder `name` in `parent` for reading; refuses a link or a mount point.
///
/// # Errors
/// ELOOP or ENOTDIR for a link, EXDEV for a mount.
pub(crate) fn open_on_the_same_mount(parent: BorrowedFd<'_>, name: &CStr) -> nix::Result<OwnedFd> {
    let flags = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NOFOLLOW;
    openat2(
        parent,
        name,
        flags,
        libc::RESOLVE_BENEATH
            | libc::RESOLVE_NO_XDEV
            | libc::RESOLVE_NO_SYMLINKS
            | libc::RESOLVE_NO_MAGICLINKS,
    )
}

fn openat2(root: BorrowedFd<'_>, path: &CStr, flags: i32, resolve: u64) -> nix::Result<OwnedFd> {
    // SAFETY: open_how is plain integers; zero is its empty value.
    let mut how: libc::open_how = unsafe { std::mem::zeroed() };
    how.flags = (flags | libc::O_CLOEXEC) as u64;
    how.resolve = resolve;
    let size = size_of::<libc::open_how>();
    let open = || {
        // SAFETY: `path` and `how` outlive the call, and how's size is given.
        owned(unsafe {
            libc::syscall(
                libc::SYS_openat2,
                root.as_raw_fd(),
                path.as_ptr(),
                &raw const how,
                size,
            )
        })
    };
    // EAGAIN: a concurrent rename made a `..` unsafe (openat2(2)); retry a few times
    (0..OPEN_TRIES)
        .find_map(|_| Some(open()).filter(|opened| opened.as_ref().err() != Some(&Errno::EAGAIN)))
        .unwrap_or_else(open)
}

/// Whether a path is the root of a mount (statx(2), STATX_ATTR_MOUNT_ROOT, Linux 5.8); also true
/// where the kernel does not report it.
#[must_use]
pub(crate) fn is_mount_root(path: &CStr) -> bool {
    // SAFETY: statx is plain integers; zero is a value of each.
    let mut found: libc::statx = unsafe { std::mem::zeroed() };
    // SAFETY: the path ends with NUL, and the kernel fills a struct of this size.
    let failed = unsafe { libc::statx(libc::AT_FDCWD, path.as_ptr(), 0, 0, &raw mut found) } != 0;
    let root = libc::STATX_ATTR_MOUNT_ROOT as u64;
    failed || found.stx_attributes_mask & root == 0 || found.stx_attributes & root != 0
}
