//! How soon the kernel kills whom when memory runs out (`/proc/PID/oom_score_adj`, proc(5)): a
//! supervisor last of all, or nobody would be left to say how its container ended; what it starts
//! as soon as anything that the caller starts.

use std::sync::OnceLock;

use crate::spec::ContainerSpec;

/// As containerd-shim and conmon have it: nearly never. −1000 would be never, also when it is the
/// supervisor that leaks.
const OF_A_SUPERVISOR: i32 = -999;
const OWN: &str = "/proc/self/oom_score_adj";

/// What this supervisor had before [`protect`]: its caller's.
static BEFORE: OnceLock<i32> = OnceLock::new();

/// Makes the calling supervisor one of the last to be killed. Without CAP_SYS_RESOURCE it stays as
/// it is.
pub(super) fn protect() {
    let before = std::fs::read_to_string(OWN)
        .ok()
        .and_then(|text| text.trim().parse::<i32>().ok());
    if let Some(before) = before.filter(|before| *before > OF_A_SUPERVISOR)
        && std::fs::write(OWN, OF_A_SUPERVISOR.to_string()).is_ok()
    {
        let _ = BEFORE.set(before);
    }
}

/// What a process of `spec`'s container gets: what its user asked for, else what the supervisor was
/// started with. `None` leaves it as it is.
pub(super) fn of_container(spec: &ContainerSpec) -> Option<i32> {
    spec.oom_score_adj.map(i32::from).or(BEFORE.get().copied())
}
