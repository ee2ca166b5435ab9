//! User namespaces (user_namespaces(7)): mapping ids, and becoming root inside.

use std::ffi::CStr;
use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::{Gid, Uid, seteuid, setresgid, setresuid, write};

use crate::spec::{IdPool, IdRange};
use crate::sys::{caps, mount, process};

/// Limits of a container's user namespace (namespaces(7), `/proc/sys/user`): enough for a container
/// manager inside, without exhausting the host. Those of namespaces come last: few containers can
/// create one.
const LIMITS: [(&CStr, &[u8]); 10] = [
    (c"/proc/sys/user/max_inotify_watches", b"65536"),
    (c"/proc/sys/user/max_fanotify_marks", b"65536"),
    (c"/proc/sys/user/max_user_namespaces", b"256"),
    (c"/proc/sys/user/max_pid_namespaces", b"256"),
    (c"/proc/sys/user/max_uts_namespaces", b"256"),
    (c"/proc/sys/user/max_ipc_namespaces", b"256"),
    (c"/proc/sys/user/max_net_namespaces", b"256"),
    (c"/proc/sys/user/max_mnt_namespaces", b"256"),
    (c"/proc/sys/user/max_cgroup_namespaces", b"256"),
    (c"/proc/sys/user/max_time_namespaces", b"256"),
];
/// The number of limits before those of namespaces.
const WITHOUT_NAMESPACES: usize = 2;

/// Runs `clone`, which creates a user namespace, with the container's root as its owner. Usage in a
/// user namespace (inotify instances, pending signals, message queues, namespaces) also counts for
/// its owner: containers must not exhaust the limits of the host's root. The caller keeps its
/// capabilities. Returns in the child too.
///
/// # Errors
/// The error of `clone`; EPERM without CAP_SETUID.
pub(crate) fn as_owner<T>(
    ids: Option<IdRange>,
    clone: impl FnOnce() -> io::Result<T>,
    is_child: impl FnOnce(&T) -> bool,
) -> io::Result<T> {
    let Some(ids) = ids else { return clone() };
    let held = caps::permitted()?;
    let own = nix::unistd::geteuid();
    seteuid(Uid::from_raw(ids.first))?;
    // seteuid from 0 clears only the effective capabilities (capabilities(7))
    let cloned = caps::set(held, held, 0)
        .map_err(io::Error::from)
        .and_then(|()| clone());
    if !cloned.as_ref().is_ok_and(is_child) {
        seteuid(own)?;
        // a change of ids sets it to fs.suid_dumpable (proc_sys_fs(5))
        process::set_undumpable()?;
    }
    cloned
}

/// Sets the limits of this process's user namespace, in which it needs CAP_SYS_RESOURCE; the host's
/// `/proc` shows each process its own. Limits of namespaces are set only if it `makes_namespaces`,
/// since each costs three system calls. Allocates nothing.
///
/// # Errors
/// The error of write(2). Limits that this kernel lacks, and a read-only `/proc/sys` (as in another
/// engine's container), are ignored.
pub(crate) fn limit_use(makes_namespaces: bool) -> nix::Result<()> {
    for (file, max) in &LIMITS[..if makes_namespaces {
        LIMITS.len()
    } else {
        WITHOUT_NAMESPACES
    }] {
        let written = open(*file, OFlag::O_WRONLY | OFlag::O_CLOEXEC, Mode::empty())
            .and_then(|fd| write(fd, max));
        match written {
            Ok(_) | Err(Errno::ENOENT | Errno::EROFS | Errno::EACCES) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Maps the ids of the user namespace of `pid`, and opens that namespace.
///
/// # Errors
/// EPERM without CAP_SETUID or CAP_SETGID, EINVAL for a range that is not mapped here.
pub(crate) fn map_users(pid: i32, ids: IdRange) -> io::Result<OwnedFd> {
    let process = format!("/proc/{pid}");
    for map in ["uid_map", "gid_map"] {
        fs::write(format!("{process}/{map}"), ids.map())?;
    }
    users_of(pid)
}

/// Opens the user namespace of a process, to join it or to shift owners for it.
///
/// # Errors
/// ENOENT when it has ended.
pub(crate) fn users_of(pid: i32) -> io::Result<OwnedFd> {
    File::open(format!("/proc/{pid}/ns/user")).map(OwnedFd::from)
}

/// Why containers cannot have ids of `pool` on this host, if so: what the kernel lacks, or this
/// process may not do. Checked at each call.
#[must_use]
pub(crate) fn cannot_map_users(pool: IdPool) -> Option<String> {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    // a chroot whose root is a mount is not detected here; the launch fails
    if !mount::is_mount_root(c"/") {
        return Some("no user namespace can be made in a chroot (clone(2))".into());
    }
    let release = read("/proc/sys/kernel/osrelease");
    missing_support(
        pool,
        &release,
        &read("/proc/self/uid_map"),
        read("/proc/sys/user/max_user_namespaces").trim(),
    )
}

/// An overlay over idmapped layers needs Linux 5.19.
fn missing_support(pool: IdPool, release: &str, map: &str, max: &str) -> Option<String> {
    let numbers: Vec<u32> = release
        .split(|c: char| !c.is_ascii_digit())
        .take(2)
        .filter_map(|n| n.parse().ok())
        .collect();
    if matches!(numbers[..], [major, minor] if (major, minor) < (5, 19)) {
        return Some(format!(
            "Linux {} cannot shift the owners of an image's files (Linux 5.19)",
            release.trim()
        ));
    }
    if max.is_empty() {
        return Some("this kernel has no user namespaces (CONFIG_USER_NS)".into());
    }
    if max == "0" {
        return Some("user.max_user_namespaces (sysctl) is 0".into());
    }
    let last = u64::from(pool.first) + u64::from(pool.size) * u64::from(pool.ranges);
    let covers = |line: &str| {
        let mut numbers = line
            .split_whitespace()
            .filter_map(|n| n.parse::<u64>().ok());
        let (inside, _, count) = (numbers.next()?, numbers.next()?, numbers.next()?);
        Some(inside <= u64::from(pool.first) && last <= inside + count)
    };
    let whole = map.lines().any(|line| covers(line) == Some(true));
    (!whole).then(|| {
        format!(
            "this process does not have the ids {} to {} (/proc/self/uid_map)",
            pool.first,
            last - 1
        )
    })
}

/// Changes from an unmapped id to root of this process's user namespace. Allocates nothing.
///
/// # Errors
/// EINVAL when the ids are not mapped yet.
pub(crate) fn become_root() -> nix::Result<()> {
    process::set_groups(0)?;
    setresgid(Gid::from_raw(0), Gid::from_raw(0), Gid::from_raw(0))?;
    setresuid(Uid::from_raw(0), Uid::from_raw(0), Uid::from_raw(0))?;
    // a change of ids sets it to fs.suid_dumpable (proc_sys_fs(5))
    process::set_undumpable()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_support_is_explained() {
        let missing_support = |release: &str, map: &str, max: &str| {
            missing_support(IdPool::default(), release, map, max)
        };
        let all = "         0          0 4294967295\n";
        assert_eq!(missing_support("6.1.0-13-amd64\n", all, "95000"), None);
        assert_eq!(missing_support("5.19.0", all, "1"), None);
        assert!(
            missing_support("5.15.0-91-generic", all, "95000")
                .is_some_and(|why| why.contains("5.15.0-91-generic"))
        );
        assert!(
            missing_support("6.1.0", all, "").is_some_and(|why| why.contains("CONFIG_USER_NS"))
        );
        assert!(
            missing_support("6.1.0", all, "0")
                .is_some_and(|why| why.contains("max_user_namespaces"))
        );
        // in a container with ids of its own
        assert!(
            missing_support("6.1.0", "0 1073741824 65536\n", "95000")
                .is_some_and(|why| why.contains("1073741824 to 1879048191"))
        );
    }
}
