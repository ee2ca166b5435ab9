//! Who is at the other end of a socket of ours. Root of a container that sees the run folder is
//! root by its number alone: it has neither our capabilities nor, unless it was given them, our
//! namespaces.

use std::fs;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};

use crate::sys::pidfd;

/// The namespaces that make a process one of the host's, or of whatever we run in ourselves.
const NAMESPACES: [&str; 2] = ["user", "pid"];

/// Whether the peer of `client` is root in our own user and PID namespace, and holds what root
/// there has. What cannot be found out is not.
#[must_use]
pub(crate) fn is_root_of_ours(client: BorrowedFd<'_>) -> bool {
    let Ok(peer) = getsockopt(&client, PeerCredentials) else {
        return false;
    };
    // 0 is a process that our PID namespace does not see at all
    if peer.uid() != 0 || peer.pid() <= 0 {
        return false;
    }
    let process = match pidfd::of_peer(client) {
        // Linux before 6.5: its number may have gone to another one, were it dead
        Err(Errno::ENOPROTOOPT) => pidfd::open(peer.pid()).ok(),
        other => other.ok(),
    };
    let Some(process) = process else { return false };
    let same = NAMESPACES.iter().all(|kind| is_shared(peer.pid(), kind));
    // it lives still: nobody else had its number while we looked
    same && has_ours(peer.pid())
        && pidfd::wait_readable(process.as_fd(), Some(Duration::ZERO)).is_ok_and(|ended| !ended)
}

fn is_shared(pid: i32, kind: &str) -> bool {
    let namespace = |process: &str| {
        fs::metadata(format!("/proc/{process}/ns/{kind}")).map(|about| (about.dev(), about.ino()))
    };
    match (namespace(&pid.to_string()), namespace("self")) {
        (Ok(theirs), Ok(ours)) => theirs == ours,
        _ => false,
    }
}

/// CAP_SYS_ADMIN, without which nobody can start a container either: a container that shares the
/// host's PID namespace (`--pid host`) is not ours for that.
fn has_ours(pid: i32) -> bool {
    const SYS_ADMIN: u64 = 1 << 21;
    let status = crate::sys::text::read(format!("/proc/{pid}/status")).unwrap_or_default();
    let effective = status
        .lines()
        .find_map(|line| u64::from_str_radix(line.strip_prefix("CapEff:")?.trim(), 16).ok());
    effective.is_some_and(|set| set & SYS_ADMIN != 0)
}
