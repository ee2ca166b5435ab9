//! Extended attributes of open files (xattr(7)).

use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::errno::Errno;

/// The attribute that holds a file's SELinux label, which ends in a NUL byte.
pub(crate) const SELINUX: &CStr = c"security.selinux";

/// fgetxattr(2) into `buffer`; returns the size of the value.
///
/// # Errors
/// ENODATA when there is no such attribute, ENOTSUP where the file system has none, ERANGE when it
/// does not fit.
pub(crate) fn get(file: BorrowedFd<'_>, name: &CStr, buffer: &mut [u8]) -> nix::Result<usize> {
    // SAFETY: the name is NUL-terminated and the buffer valid for its length, both during the call.
    let length = unsafe {
        libc::fgetxattr(
            file.as_raw_fd(),
            name.as_ptr(),
            buffer.as_mut_ptr().cast(),
            buffer.len(),
        )
    };
    Errno::result(length).map(|length| length as usize)
}

/// setxattr(2) of `path`, following links; as [`set`].
///
/// # Errors
/// The same; ENOENT, and EINVAL for a NUL byte in the path.
pub(crate) fn set_path(path: &str, name: &CStr, value: &[u8]) -> nix::Result<()> {
    let path = CString::new(path).map_err(|_| Errno::EINVAL)?;
    // SAFETY: path and name are NUL-terminated and the value valid for its length, all during the
    // call.
    Errno::result(unsafe {
        libc::setxattr(
            path.as_ptr(),
            name.as_ptr(),
            value.as_ptr().cast(),
            value.len(),
            0,
        )
    })
    .map(drop)
}

/// fsetxattr(2): creates or replaces the attribute.
///
/// # Errors
/// ENOTSUP where the file system has none, EACCES and EPERM when it is not ours to set.
pub(crate) fn set(file: BorrowedFd<'_>, name: &CStr, value: &[u8]) -> nix::Result<()> {
    // SAFETY: the name is NUL-terminated and the value valid for its length, both during the call.
    Errno::result(unsafe {
        libc::fsetxattr(
            file.as_raw_fd(),
            name.as_ptr(),
            value.as_ptr().cast(),
            value.len(),
            0,
        )
    })
    .map(drop)
}
