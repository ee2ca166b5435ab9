//! [`Restrictions`]: the privileges that init, or a command joining the container, drops
//! irrevocably before execve.

use nix::libc::sock_filter;
use nix::unistd::{Gid, Uid, setresgid, setresuid};

use super::Label;
use crate::spec::Capabilities;
use crate::sys::{caps, process, seccomp};

/// What is kept and what is forbidden. Built before clone.
#[derive(Debug, Clone)]
pub(crate) struct Restrictions {
    /// Capabilities of root; also the bounding set.
    pub keep: Capabilities,
    /// Capabilities of a non-root user: inheritable and ambient, or execve would clear them
    /// (capabilities(7), "Ambient"). Only those requested by name.
    pub ambient: Capabilities,
    /// The kernel's last capability.
    pub last: u8,
    /// Whether execve can never grant privileges (prctl(2), PR_SET_NO_NEW_PRIVS).
    pub no_new_privs: bool,
    /// The seccomp program; `None` allows every system call.
    pub filter: Option<Vec<sock_filter>>,
    /// The label for the kernel's security module; `None` where there is none.
    pub label: Option<Label>,
}

/// The number of the kernel's last capability (`/proc/sys/kernel/cap_last_cap`); 40, as in Linux
/// 5.9, if it cannot be read.
#[must_use]
pub(crate) fn last_capability() -> u8 {
    crate::sys::text::read("/proc/sys/kernel/cap_last_cap")
        .ok()
        .and_then(|n| n.trim().parse().ok())
        .unwrap_or(40)
}

impl Restrictions {
    /// Sets the AppArmor profile or SELinux label of the next execve, also for children. Call while
    /// `/proc` is still the host's. Allocates nothing.
    ///
    /// # Errors
    /// As [`Label::give`].
    pub(crate) fn label(&self) -> nix::Result<()> {
        self.label.as_ref().map_or(Ok(()), Label::give)
    }

    /// Trims the bounding set, empties ambient and inheritable, becomes `uid` and `gid` (without
    /// other groups), keeps the capabilities as permitted and effective, forbids new privileges and
    /// installs the filter. Allocates nothing.
    ///
    /// # Errors
    /// EPERM when a capability to keep is not held; EINVAL for an id that is not mapped, or for a
    /// filter on a kernel without seccomp.
    pub(crate) fn apply(&self, uid: u32, gid: u32) -> nix::Result<()> {
        if !self.no_new_privs {
            // without no_new_privs a filter needs CAP_SYS_ADMIN, which is about to be dropped
            // (seccomp(2))
            self.install_filter()?;
        }
        let keep = self.keep.mask();
        for number in (0..=self.last).filter(|n| keep & (1 << n) == 0) {
            process::drop_bounding(number)?;
        }
        process::clear_ambient()?;
        process::set_groups(gid)?;
        setresgid(Gid::from_raw(gid), Gid::from_raw(gid), Gid::from_raw(gid))?;
        if uid == 0 {
            caps::set(keep, keep, 0)?;
        } else {
            self.become_user(uid)?;
        }
        // changing ids resets it to fs.suid_dumpable (prctl(2)), and execve is still to come
        process::set_undumpable()?;
        if self.no_new_privs {
            process::set_no_new_privs()?;
            self.install_filter()?;
        }
        Ok(())
    }

    /// Changing from uid 0 clears permitted and effective capabilities unless they are kept
    /// (capabilities(7), "Effect of user ID changes").
    fn become_user(&self, uid: u32) -> nix::Result<()> {
        let ambient = self.ambient.mask() & self.keep.mask() & (u64::MAX >> (63 - self.last));
        if ambient != 0 {
            process::keep_capabilities()?;
        }
        setresuid(Uid::from_raw(uid), Uid::from_raw(uid), Uid::from_raw(uid))?;
        caps::set(ambient, ambient, ambient)?;
        (0..=self.last)
            .filter(|n| ambient & (1 << n) != 0)
            .try_for_each(process::raise_ambient)
    }

    fn install_filter(&self) -> nix::Result<()> {
        self.filter.as_deref().map_or(Ok(()), seccomp::install)
    }
}
