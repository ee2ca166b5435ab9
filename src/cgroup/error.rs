//! [`CgroupError`]: what was tried, on which file, what the kernel said, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use nix::errno::Errno;

/// Something that the control group tree refused or cannot give.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct CgroupError {
    /// The flag of the limit that this host cannot give, without dashes; the message begins with it
    /// then.
    pub flag: Option<&'static str>,
    /// What was tried, as it reads before the path: `write "50000" to`, `make`, `open`.
    pub tried: String,
    /// The file or folder.
    pub path: PathBuf,
    /// What the kernel said, or what is missing.
    pub reason: String,
    /// The error number, where the kernel gave one.
    pub errno: Option<i32>,
    /// What the user can do, where we know.
    pub hint: Option<String>,
}

impl CgroupError {
    /// A gap of this host rather than a failed call.
    pub(super) fn missing(
        tried: impl Into<String>,
        path: &Path,
        reason: impl Into<String>,
        hint: Option<&str>,
    ) -> Self {
        Self {
            flag: None,
            tried: tried.into(),
            path: path.to_owned(),
            reason: reason.into(),
            errno: None,
            hint: hint.map(str::to_owned),
        }
    }

    /// A limit that this host cannot give: why, and what to do about its flag.
    pub(super) fn limit(flag: &'static str, place: &Path, reason: &str, remedy: &str) -> Self {
        Self {
            flag: Some(flag),
            ..Self::missing("limit", place, format!("{reason}; {remedy}"), None)
        }
    }

    /// The same where `--best-effort` is another way out: it runs without such a limit.
    pub(super) fn or_best_effort(mut self) -> Self {
        if self.flag.is_some() {
            self.reason
                .push_str(", or run without it with --best-effort");
        }
        self
    }

    fn sentence(&self) -> String {
        match self.flag {
            Some(flag) => format!("--{flag}: {}", self.reason),
            None => format!(
                "cannot {} {}: {}",
                self.tried,
                self.path.display(),
                self.reason
            ),
        }
    }

    /// A failed call; the hint is found from the file and the error number.
    pub(super) fn io(tried: impl Into<String>, path: &Path, error: &io::Error) -> Self {
        let errno = error.raw_os_error();
        let reason = errno.map_or_else(
            || error.to_string(),
            |raw| Errno::from_raw(raw).desc().to_owned(),
        );
        Self {
            flag: None,
            tried: tried.into(),
            path: path.to_owned(),
            reason,
            errno,
            hint: errno
                .and_then(|raw| hint(path, Errno::from_raw(raw)))
                .map(str::to_owned),
        }
    }

    /// A failed write of `value`.
    pub(super) fn write(value: &str, path: &Path, error: &io::Error) -> Self {
        Self::io(format!("write {value:?} to"), path, error)
    }

    /// Whether the kernel said exactly this.
    pub(super) fn is(&self, errno: Errno) -> bool {
        self.errno == Some(errno as i32)
    }
}

/// What usually helps. The kernel's meanings are in Documentation/admin-guide/cgroup-v1 and
/// cgroup-v2.rst.
fn hint(path: &Path, errno: Errno) -> Option<&'static str> {
    let file = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let is = |prefix: &str| file.starts_with(prefix);
    Some(match errno {
        Errno::EROFS => {
            "the cgroup tree is mounted read-only: inside a container, start that one with --privileged or a writable cgroup mount"
        }
        Errno::EACCES | Errno::EPERM => {
            "run as root (sudo); inside a container, it also needs a cgroup tree of its own (--privileged)"
        }
        Errno::ENOENT if is("memory.memsw") || is("memory.swap") => {
            "this kernel does not account swap: boot with swapaccount=1, or leave swap unlimited"
        }
        Errno::ENOENT if is("cpu.cfs") || is("cpu.max") => {
            "this kernel was built without CPU bandwidth control (CONFIG_CFS_BANDWIDTH)"
        }
        Errno::ENOENT if is("cgroup.procs") => {
            "the cgroup was removed, or it lies outside of our cgroup namespace: mount the tree again inside (mount -t cgroup2 cgroup2 FOLDER)"
        }
        Errno::EBUSY if is("memory.") => {
            "more than that is in use and cannot be reclaimed: stop something in the container, or allow more"
        }
        Errno::EINVAL if is("memory.memsw") => "memory + swap cannot be less than memory",
        Errno::EINVAL if is("cpu.cfs") || is("cpu.max") => {
            "the quota is at least 1 ms and no less than the burst (--cpu-burst), the period 1 ms to 1 s, and no parent cgroup may allow less"
        }
        Errno::EINVAL | Errno::ERANGE if is("cpuset.cpus") => {
            "name CPUs that are online: /sys/devices/system/cpu/online"
        }
        Errno::EBUSY if is("cgroup.subtree_control") => {
            "a cgroup with processes cannot pass controllers on: start minic-tui in a cgroup of its own (systemd-run --scope -p Delegate=yes minic-tui …)"
        }
        Errno::EOPNOTSUPP if is("cgroup.") => {
            "that cgroup is threaded (cgroup.type): start minic-tui in one that is not"
        }
        Errno::EAGAIN | Errno::ENOSPC if !file.contains('.') => {
            "there are too many cgroups: see cgroup.max.descendants, or remove unused ones"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_what_where_and_why() {
        let error = CgroupError::write(
            "4096",
            Path::new("/c/memory.limit_in_bytes"),
            &io::Error::from_raw_os_error(16),
        );
        assert_eq!(
            error.to_string(),
            "cannot write \"4096\" to /c/memory.limit_in_bytes: Device or resource busy"
        );
        assert!(error.hint.is_some_and(|h| h.contains("in use")));
        assert_eq!(
            CgroupError::missing("freeze", Path::new("/c"), "no freezer", None).to_string(),
            "cannot freeze /c: no freezer"
        );
    }

    #[test]
    fn a_limit_that_cannot_be_given_names_its_flag() {
        let error = CgroupError::limit("memory", Path::new("/c"), "no controller", "leave it out");
        assert_eq!(error.to_string(), "--memory: no controller; leave it out");
        assert_eq!(
            error.or_best_effort().to_string(),
            "--memory: no controller; leave it out, or run without it with --best-effort"
        );
        let other = CgroupError::missing("freeze", Path::new("/c"), "no freezer", None);
        assert_eq!(other.clone().or_best_effort(), other);
    }
}
