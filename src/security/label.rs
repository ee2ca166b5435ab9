//! [`Label`]: under what the kernel's security module executes the next program of a process.

use std::ffi::{CStr, CString};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::sys::statfs::{PROC_SUPER_MAGIC, fstatfs};

/// What the module is told. A kernel has one of the two at a time (both are "exclusive",
/// include/linux/lsm_hooks.h).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Label {
    /// AppArmor: `exec PROFILE`.
    Profile(CString),
    /// SELinux: a context.
    Context(CString),
}

impl Label {
    /// Gives it to the kernel for this process's next execve, and for its children's. To be called
    /// while `/proc` is the host's: what an image has there instead would swallow it
    /// (CVE-2016-8649, CVE-2019-16884). Allocates nothing.
    ///
    /// # Errors
    /// ENOTSUP when that is no proc; what open(2) and write(2) say.
    pub(crate) fn give(&self) -> nix::Result<()> {
        let place = |path: &CStr| open(path, OFlag::O_WRONLY | OFlag::O_CLOEXEC, Mode::empty());
        let shared = c"/proc/thread-self/attr/exec";
        let (text, file) = match self {
            Self::Context(text) => (text, place(shared)?),
            Self::Profile(text) => match place(c"/proc/thread-self/attr/apparmor/exec") {
                // before Linux 5.8 modules shared one file
                Err(Errno::ENOENT) => (text, place(shared)?),
                other => (text, other?),
            },
        };
        if fstatfs(&file)?.filesystem_type() != PROC_SUPER_MAGIC {
            return Err(Errno::ENOTSUP);
        }
        nix::unistd::write(&file, text.as_bytes()).map(drop)
    }
}
