//! User namespaces (user_namespaces(7)): whose ids stand for the ids inside, and becoming root inside.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;

use nix::unistd::{Gid, Uid, setresgid, setresuid};

use crate::spec::IdRange;
use crate::sys::process;

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
