//! seccomp(2): installing a filter.

use libc::{sock_filter, sock_fprog};
use nix::errno::Errno;

/// Installs `program` as a filter of this process and its descendants, irrevocably. Allocates
/// nothing.
///
/// # Errors
/// EACCES without no_new_privs and CAP_SYS_ADMIN, EINVAL for an invalid program or on a kernel
/// without seccomp filters.
pub(crate) fn install(program: &[sock_filter]) -> nix::Result<()> {
    let program = sock_fprog {
        len: program.len() as u16,
        filter: program.as_ptr().cast_mut(),
    };
    // SAFETY: the kernel copies the program during the call and does not write to it.
    Errno::result(unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            0,
            &raw const program,
        )
    })
    .map(drop)
}
