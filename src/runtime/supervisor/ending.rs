//! How a container ended, by its init and by the kernel, and the events about it.

use super::begin::Started;
use crate::cgroup::Cgroup;
use crate::record::{ExitCause, Store};
use crate::spec::ContainerSpec;
use crate::sys::pidfd::Ended;

/// The stream is for watchers; a full disk must not keep the supervisor from its work.
pub(super) fn report_death(store: &Store, spec: &ContainerSpec, cause: &ExitCause) {
    if matches!(cause, ExitCause::OomKilled { .. }) {
        store.append_event(spec, "oom", Some(cause));
    }
    store.append_event(spec, "died", Some(cause));
}

/// Whether it counts as a failure for a restart policy.
pub(super) fn is_failure(cause: &ExitCause) -> bool {
    !matches!(cause, ExitCause::Exited { code: 0 })
}

/// Why it ended. A SIGKILL that we did not send, where the kernel has counted an OOM kill, was the
/// OOM killer's.
pub(super) fn exit_cause(ended: Option<Ended>, cgroup: &Cgroup, by_us: bool) -> ExitCause {
    let killed = matches!(ended, Some(Ended::Signaled(nix::libc::SIGKILL)));
    if killed && !by_us && cgroup.oom_kills().is_some_and(|kills| kills > 0) {
        return ExitCause::OomKilled {
            peak: cgroup.memory_peak(),
            limit: cgroup.memory_limit(),
        };
    }
    match ended {
        Some(Ended::Exited(code)) => ExitCause::Exited { code },
        Some(Ended::Signaled(signal)) => ExitCause::Signaled { signal, by_us },
        None => ExitCause::Lost,
    }
}

/// What an init that stayed as PID 1 wrote of its command's end.
pub(super) fn read_wait_status(started: &Started) -> Option<Ended> {
    let mut raw = [0; 4];
    let length = nix::unistd::read(started.wait_status.as_ref()?, &mut raw).ok()?;
    let status = (length == raw.len()).then(|| i32::from_le_bytes(raw))?;
    Some(if status & 0x7f == 0 {
        Ended::Exited((status >> 8) & 0xff)
    } else {
        Ended::Signaled(status & 0x7f)
    })
}
