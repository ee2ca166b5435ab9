//! Extended attributes of open files (xattr(7)).

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::errno::Errno;

/// fgetxattr(2) into `buffer`; how many bytes the value has.
///
/// # Errors
/// ENODATA when there is no such attribute, ENOTSUP where the file system has none, ERANGE when it does not fit.
pub fn get(file: BorrowedFd<'_>, name: &CStr, buffer: &mut [u8]) -> nix::Result<usize> {
    // SAFETY: the name is NUL-terminated and the buffer valid for its length, both during the call.
    let length = unsafe { libc::fgetxattr(file.as_raw_fd(), name.as_ptr(), buffer.as_mut_ptr().cast(), buffer.len()) };
    Errno::result(length).map(|length| length as usize)
}
