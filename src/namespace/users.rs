//! User namespaces (user_namespaces(7)): whose ids stand for the ids inside, and becoming root inside.

use std::ffi::CStr;
use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::{Gid, Uid, seteuid, setresgid, setresuid, write};

use crate::spec::IdRange;
use crate::sys::{caps, process};

/// How much of what the kernel counts for each user namespace a container may use (namespaces(7), `/proc/sys/user`): enough for a container
/// manager inside, and no more than the host has room for.
const USE: [(&CStr, &[u8]); 10] = [
    (c"/proc/sys/user/max_user_namespaces", b"256"),
    (c"/proc/sys/user/max_pid_namespaces", b"256"),
    (c"/proc/sys/user/max_uts_namespaces", b"256"),
    (c"/proc/sys/user/max_ipc_namespaces", b"256"),
    (c"/proc/sys/user/max_net_namespaces", b"256"),
    (c"/proc/sys/user/max_mnt_namespaces", b"256"),
    (c"/proc/sys/user/max_cgroup_namespaces", b"256"),
    (c"/proc/sys/user/max_time_namespaces", b"256"),
    (c"/proc/sys/user/max_inotify_watches", b"65536"),
    (c"/proc/sys/user/max_fanotify_marks", b"65536"),
];

/// Makes a user namespace in `clone`, owned by the container's own root. What is used in a user namespace is counted for its owner too
/// (inotify instances, waiting signals, message queues, namespaces): were that our root, a container would use up root's. In the child
/// this comes back too, as its own owner. The caller keeps its capabilities meanwhile.
///
/// # Errors
/// What `clone` says; EPERM without CAP_SETUID.
pub fn as_owner<T>(ids: Option<IdRange>, clone: impl FnOnce() -> io::Result<T>, is_child: impl FnOnce(&T) -> bool) -> io::Result<T> {
    let Some(ids) = ids else { return clone() };
    let held = caps::permitted()?;
    let own = nix::unistd::geteuid();
    seteuid(Uid::from_raw(ids.first))?;
    // leaving uid 0 lowers the effective capabilities alone (capabilities(7))
    let cloned = caps::set(held, held, 0).map_err(io::Error::from).and_then(|()| clone());
    if !cloned.as_ref().is_ok_and(is_child) {
        seteuid(own)?;
        // a change of ids sets it to fs.suid_dumpable (proc_sys_fs(5))
        process::set_undumpable()?;
    }
    cloned
}

/// Sets the limits of the user namespace that this process is in and has CAP_SYS_RESOURCE in; `/proc` is the host's still, and shows each
/// opener its own. Allocates nothing.
///
/// # Errors
/// Not where this kernel does not count one, nor where `/proc/sys` is read-only, as in a container of somebody else's.
pub fn limit_use() -> nix::Result<()> {
    for (file, most) in USE {
        let written = open(file, OFlag::O_WRONLY | OFlag::O_CLOEXEC, Mode::empty()).and_then(|fd| write(fd, most));
        match written {
            Ok(_) | Err(Errno::ENOENT | Errno::EROFS | Errno::EACCES) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Maps the ids of the user namespace that `pid` was born in, and opens that namespace.
///
/// # Errors
/// EPERM when we lack CAP_SETUID or CAP_SETGID, EINVAL for a range that overlaps nothing of ours.
pub fn map_users(pid: i32, ids: IdRange) -> io::Result<OwnedFd> {
    let process = format!("/proc/{pid}");
    for map in ["uid_map", "gid_map"] {
        fs::write(format!("{process}/{map}"), ids.map())?;
    }
    File::open(format!("{process}/ns/user")).map(OwnedFd::from)
}

/// From "an id that has no name here" to root of the user namespace that this process is in. Allocates nothing.
///
/// # Errors
/// EINVAL before the ids are mapped.
pub fn become_root() -> nix::Result<()> {
    process::set_groups(0)?;
    setresgid(Gid::from_raw(0), Gid::from_raw(0), Gid::from_raw(0))?;
    setresuid(Uid::from_raw(0), Uid::from_raw(0), Uid::from_raw(0))?;
    // a change of ids sets it to fs.suid_dumpable (proc_sys_fs(5))
    process::set_undumpable()
}
