//! Capabilities (capabilities(7)): which ones a container keeps, and how the rest are given up.

use nix::unistd::{Gid, Uid, setresgid, setresuid};

use crate::sys::{caps, process};

/// Docker's default set without NET_RAW and MKNOD (moby: profiles/seccomp and oci/caps/defaults.go), by number.
pub const DEFAULT_CAPABILITIES: &[(u8, &str)] = &[
    (0, "CAP_CHOWN"),
    (1, "CAP_DAC_OVERRIDE"),
    (3, "CAP_FOWNER"),
    (4, "CAP_FSETID"),
    (5, "CAP_KILL"),
    (6, "CAP_SETGID"),
    (7, "CAP_SETUID"),
    (8, "CAP_SETPCAP"),
    (10, "CAP_NET_BIND_SERVICE"),
    (18, "CAP_SYS_CHROOT"),
    (29, "CAP_AUDIT_WRITE"),
    (31, "CAP_SETFCAP"),
];

/// Capabilities that init keeps for its command; everything else is given up for good. Built before the clone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restrictions {
    keep: u64,
    last: u8,
}

impl Restrictions {
    /// The default set.
    #[must_use]
    pub fn default_set() -> Self {
        let keep = DEFAULT_CAPABILITIES.iter().fold(0, |mask, (number, _)| mask | 1 << number);
        let last = std::fs::read_to_string("/proc/sys/kernel/cap_last_cap").ok().and_then(|n| n.trim().parse().ok()).unwrap_or(40);
        Self { keep, last }
    }

    /// Trims the bounding set, empties ambient and inheritable, becomes `uid` and `gid` (without other groups), and keeps the
    /// mask as permitted and effective for root only: another user has none, as with docker. Allocates nothing.
    ///
    /// # Errors
    /// EPERM when a capability to keep is not held now; EINVAL for an id that the user namespace does not map.
    pub fn apply(&self, uid: u32, gid: u32) -> nix::Result<()> {
        for number in (0..=self.last).filter(|n| self.keep & (1 << n) == 0) {
            process::drop_bounding(number)?;
        }
        process::clear_ambient()?;
        process::set_groups(gid)?;
        setresgid(Gid::from_raw(gid), Gid::from_raw(gid), Gid::from_raw(gid))?;
        if uid == 0 {
            return caps::set(self.keep, self.keep, 0);
        }
        // leaving uid 0 clears permitted and effective (capabilities(7), "Effect of user ID changes"); inheritable goes by hand
        setresuid(Uid::from_raw(uid), Uid::from_raw(uid), Uid::from_raw(uid))?;
        caps::set(0, 0, 0)
    }
}
