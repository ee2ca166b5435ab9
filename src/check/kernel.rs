//! The kernel's version, and newer system calls. Each is tried, since patches and system call
//! filters make the version unreliable.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::fcntl::OFlag;

use super::Finding;
use crate::namespace;
use crate::sys::clone::{Cloned, clone3};
use crate::sys::{fds, mount, pidfd, process};

/// The release with the newest system call that we use, mount_setattr(2).
const ALL_CALLS: (u32, u32) = (5, 12);

pub(super) fn version() -> Finding {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    judge_version(release.trim(), std::env::consts::ARCH)
}

fn judge_version(release: &str, machine: &str) -> Finding {
    let detail = format!("Linux {release} on {machine}");
    let (major, minor) = ALL_CALLS;
    match parse_release(release) {
        Some(found) if found < ALL_CALLS => Finding::limited(
            "kernel",
            detail,
            format!("it is older than {major}.{minor}; missing features are listed below"),
        )
        .fix("boot a newer kernel, 5.19 or later for everything"),
        _ => Finding::good("kernel", detail),
    }
}

/// Major and minor number of `6.1.0-13-amd64`.
fn parse_release(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// The result of trying a system call.
struct Call {
    name: &'static str,
    since: &'static str,
    /// Whether every container needs it.
    needed: bool,
    consequence: &'static str,
    result: io::Result<()>,
}

pub(super) fn system_calls() -> Vec<Finding> {
    judge_calls(&[
        Call {
            name: "clone3",
            since: "5.3",
            needed: true,
            consequence: "no container can be started",
            result: try_clone3(),
        },
        Call {
            name: "close_range",
            since: "5.11",
            needed: true,
            consequence: "no container can be started: our descriptors would leak into it",
            // no descriptor has this number
            result: fds::cloexec_from(u32::MAX).map_err(io::Error::from),
        },
        Call {
            name: "pidfd_open",
            since: "5.3",
            needed: true,
            consequence: "containers cannot be stopped or waited for",
            result: own_pidfd().map(drop),
        },
        Call {
            name: "setns by pidfd",
            since: "5.8",
            needed: false,
            consequence: "exec, and sharing another container's network or processes, fail",
            // into our own network namespace: changes nothing
            result: own_pidfd()
                .and_then(|own| Ok(namespace::JoinTarget::Network.enter(own.as_fd())?)),
        },
        Call {
            name: "open_tree",
            since: "5.2",
            needed: false,
            consequence: "volumes, tmpfs and devices cannot be mounted in a container",
            result: mount::clone_tree(c"/", false)
                .map(drop)
                .map_err(io::Error::from),
        },
        Call {
            name: "mount_setattr",
            since: "5.12",
            needed: false,
            consequence: "read-only volumes are not possible",
            // on a detached copy that is closed at once
            result: mount::clone_tree(c"/", false)
                .and_then(|tree| mount::set_attributes(tree.as_fd(), mount::ATTR_RDONLY, false))
                .map_err(io::Error::from),
        },
        Call {
            name: "openat2",
            since: "5.6",
            needed: false,
            consequence: "volumes, tmpfs and devices cannot be mounted in a container",
            result: File::open("/")
                .and_then(|root| {
                    Ok(mount::open_in_root(
                        root.as_fd(),
                        c".",
                        OFlag::O_PATH.bits(),
                    )?)
                })
                .map(drop),
        },
    ])
}

/// One finding when all work, else one for each that does not. Those that we did not try (a fork
/// in a process with threads) are left out.
fn judge_calls(calls: &[Call]) -> Vec<Finding> {
    let what = "system calls";
    let tried = |call: &&Call| {
        call.result
            .as_ref()
            .err()
            .is_none_or(|error| error.raw_os_error().is_some())
    };
    let calls: Vec<&Call> = calls.iter().filter(tried).collect();
    let refused = calls
        .iter()
        .filter_map(|call| Some((call, call.result.as_ref().err()?)));
    let findings: Vec<Finding> = refused
        .map(|(call, error)| {
            let detail = format!("{}: {}", call.name, describe(error));
            let finding = if call.needed { Finding::missing } else { Finding::limited };
            let finding = finding(what, detail, call.consequence);
            match error.raw_os_error().map(Errno::from_raw) {
                Some(Errno::ENOSYS | Errno::EINVAL) => finding.fix(format!(
                    "boot Linux {} or later; inside a container, its system call filter must allow {}",
                    call.since, call.name
                )),
                Some(Errno::EPERM) => finding.fix("inside a container, start it with --privileged"),
                _ => finding,
            }
        })
        .collect();
    if findings.is_empty() {
        let names: Vec<&str> = calls.iter().map(|call| call.name).collect();
        return vec![Finding::good(what, format!("{} work", names.join(", ")))];
    }
    findings
}

/// The error's text without Rust's `(os error 38)`.
pub(super) fn describe(error: &io::Error) -> String {
    error.raw_os_error().map_or_else(
        || error.to_string(),
        |raw| Errno::from_raw(raw).desc().to_owned(),
    )
}

fn own_pidfd() -> io::Result<std::os::fd::OwnedFd> {
    pidfd::open(std::process::id().cast_signed())
}

/// Creates a child that exits at once.
fn try_clone3() -> io::Result<()> {
    match clone3(0, None)? {
        Cloned::Child => process::exit_now(0),
        Cloned::Parent { pidfd, .. } => pidfd::reap(pidfd.as_fd()).map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;

    #[test]
    fn releases_of_distributions() {
        assert_eq!(parse_release("6.1.0-13-amd64"), Some((6, 1)));
        assert_eq!(parse_release("5.4-rc3+"), Some((5, 4)));
        assert_eq!(parse_release("4.18.0-553.el8_10.x86_64"), Some((4, 18)));
        assert_eq!(parse_release("unknown"), None);
    }

    #[test]
    fn an_old_kernel_is_reported() {
        assert_eq!(judge_version("5.12.0", "x86_64").verdict, Verdict::Good);
        let old = judge_version("5.10.0-28", "aarch64");
        assert_eq!(
            (old.verdict, old.detail.as_str()),
            (Verdict::Limited, "Linux 5.10.0-28 on aarch64")
        );
        assert!(old.consequence.is_some() && old.fix.is_some());
    }

    fn call(name: &'static str, needed: bool, errno: Option<Errno>) -> Call {
        let result = errno.map_or(Ok(()), |errno| Err(errno.into()));
        Call {
            name,
            since: "5.6",
            needed,
            consequence: "so",
            result,
        }
    }

    #[test]
    fn working_calls_are_one_line() {
        let findings = judge_calls(&[call("a", true, None), call("b", false, None)]);
        assert_eq!(findings, [Finding::good("system calls", "a, b work")]);
        let untried = Call {
            result: Err(io::Error::other("two threads")),
            ..call("c", true, None)
        };
        assert_eq!(
            judge_calls(&[call("a", true, None), untried]),
            [Finding::good("system calls", "a work")]
        );
    }

    #[test]
    fn each_failing_call_is_reported() {
        let calls = [
            call("a", true, Some(Errno::ENOSYS)),
            call("b", false, Some(Errno::EPERM)),
            call("c", true, None),
        ];
        let findings = judge_calls(&calls);
        let verdicts: Vec<_> = findings
            .iter()
            .map(|f| (f.verdict, f.detail.as_str()))
            .collect();
        assert_eq!(
            verdicts,
            [
                (Verdict::Missing, "a: Function not implemented"),
                (Verdict::Limited, "b: Operation not permitted")
            ]
        );
        assert!(findings[0].fix.as_deref().unwrap().contains("Linux 5.6"));
        assert!(findings[1].fix.as_deref().unwrap().contains("--privileged"));
    }
}
