//! [`Label`]: the security module's label for the next execve of a process.

use std::ffi::{CStr, CString};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::sys::statfs::{PROC_SUPER_MAGIC, fstatfs};

/// A label of one of the two modules; only one can be enabled (both are "exclusive",
/// include/linux/lsm_hooks.h).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Label {
    /// AppArmor: `exec PROFILE`.
    Profile(CString),
    /// SELinux: a context.
    Context(CString),
}

impl Label {
    /// Sets the label for the next execve of this process and its children. Call while `/proc` is
    /// still the host's: an image could provide a fake one (CVE-2016-8649, CVE-2019-16884).
    /// Allocates nothing.
    ///
    /// # Errors
    /// ENOTSUP when that is not procfs; the errors of open(2) and write(2).
    pub(crate) fn give(&self) -> nix::Result<()> {
        let place = |path: &CStr| open(path, OFlag::O_WRONLY | OFlag::O_CLOEXEC, Mode::empty());
        let shared = c"/proc/thread-self/attr/exec";
        let (text, file) = match self {
            Self::Context(text) => (text, place(shared)?),
            Self::Profile(text) => match place(c"/proc/thread-self/attr/apparmor/exec") {
                // before Linux 5.8 both modules shared one file
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
