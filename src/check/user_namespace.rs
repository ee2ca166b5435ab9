//! Whether containers can have a user namespace, by making one.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sched::CloneFlags;

use super::Finding;
use super::kernel::describe;
use crate::sys::clone::{Cloned, clone3};
use crate::sys::{pidfd, process};

const WHAT: &str = "user namespaces";

/// A user namespace, held by its descriptor alone.
pub(super) struct UserNamespace(File);

impl UserNamespace {
    /// Makes one with a child that waits until its namespace has been opened.
    pub(super) fn make() -> io::Result<Self> {
        let (reader, writer) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
        match clone3(CloneFlags::CLONE_NEWUSER.bits() as u64, None)? {
            Cloned::Child => {
                drop(writer);
                // until the other end is closed, at the latest when its holder exits
                let _ = File::from(reader).read(&mut [0]);
                process::exit_now(0)
            }
            Cloned::Parent { pid, pidfd } => {
                let opened = map(pid).and_then(|()| File::open(format!("/proc/{pid}/ns/user")));
                end(writer, &pidfd)?;
                opened.map(Self)
            }
        }
    }

    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Maps only root, which is always permitted to us (user_namespaces(7)).
fn map(pid: i32) -> io::Result<()> {
    fs::write(format!("/proc/{pid}/uid_map"), "0 0 1")?;
    fs::write(format!("/proc/{pid}/gid_map"), "0 0 1")
}

fn end(writer: OwnedFd, pidfd: &OwnedFd) -> io::Result<()> {
    drop(writer);
    pidfd::reap(pidfd.as_fd()).map(drop)
}

pub(super) fn finding(made: &io::Result<UserNamespace>) -> Finding {
    let limit = fs::read_to_string("/proc/sys/user/max_user_namespaces").ok();
    judge(made.as_ref().err(), limit.as_deref().map(str::trim))
}

fn judge(error: Option<&io::Error>, limit: Option<&str>) -> Finding {
    let at_most = limit.map_or(String::new(), |limit| format!(", {limit} allowed"));
    let Some(error) = error else {
        return Finding::good(WHAT, format!("available{at_most}"));
    };
    let detail = format!("cannot make one: {}{at_most}", describe(error));
    let finding = Finding::limited(
        WHAT,
        detail,
        "--userns auto fails: root in a container is the host's root, restricted by capabilities only",
    );
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ENOSPC | Errno::EUSERS) => finding.fix("sysctl user.max_user_namespaces=10000"),
        Some(Errno::EINVAL | Errno::ENOSYS) => finding.fix("boot a kernel built with CONFIG_USER_NS"),
        Some(Errno::EPERM | Errno::EACCES) => {
            finding.fix("inside a container or chroot they may be forbidden: start it with --privileged, or run outside")
        }
        _ => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;

    #[test]
    fn an_error_has_a_fix() {
        assert_eq!(
            judge(None, Some("96363")).detail,
            "available, 96363 allowed"
        );
        let full = judge(Some(&Errno::ENOSPC.into()), Some("0"));
        assert_eq!(
            (full.verdict, full.detail.as_str()),
            (
                Verdict::Limited,
                "cannot make one: No space left on device, 0 allowed"
            )
        );
        assert!(full.fix.unwrap().contains("user.max_user_namespaces"));
        assert!(
            judge(Some(&Errno::EINVAL.into()), None)
                .fix
                .unwrap()
                .contains("CONFIG_USER_NS")
        );
        assert_eq!(
            judge(Some(&io::Error::other("two threads")), None).fix,
            None
        );
    }
}
