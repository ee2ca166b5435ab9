//! Whether a recorded process is still that process.

use std::sync::OnceLock;

use super::Process;
use crate::sys::text;

/// This boot's id (`/proc/sys/kernel/random/boot_id`, random(4)); empty when it cannot be read.
pub fn boot_id() -> &'static str {
    static ID: OnceLock<String> = OnceLock::new();
    ID.get_or_init(|| {
        text::read("/proc/sys/kernel/random/boot_id")
            .map(|id| id.trim().to_owned())
            .unwrap_or_default()
    })
}

/// The identity of the living process `pid`; `None` when there is none.
#[must_use]
pub fn identify(pid: i32) -> Option<Process> {
    let stat = text::read(format!("/proc/{pid}/stat")).ok()?;
    // after the name, which may hold anything: field 3 is the state, field 22 the start time
    // (proc(5))
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    let (state, reported) = (fields.next()?, fields.nth(18)?.parse::<i64>().ok()?);
    let start_ticks = reported
        .saturating_sub(ticks_ahead())
        .try_into()
        .unwrap_or(0);
    // a zombie has ended and waits to be reaped
    (!matches!(state, "Z" | "X")).then(|| Process {
        pid,
        start_ticks,
        boot_id: boot_id().to_owned(),
    })
}

/// How far the clock of reported start times is ahead of the machine's, in ticks of USER_HZ (always
/// 100 a second): a time namespace may offset it (time_namespaces(7)).
fn ticks_ahead() -> i64 {
    static AHEAD: OnceLock<i64> = OnceLock::new();
    *AHEAD.get_or_init(|| {
        text::read("/proc/self/timens_offsets")
            .ok()
            .and_then(|offsets| boottime_ticks(&offsets))
            .unwrap_or(0)
    })
}

/// Parses lines such as `boottime 100 500000000`: seconds, which may be negative, and nanoseconds.
fn boottime_ticks(offsets: &str) -> Option<i64> {
    let line = offsets
        .lines()
        .find_map(|line| line.strip_prefix("boottime"))?;
    let mut numbers = line.split_whitespace().map(str::parse::<i64>);
    let (seconds, nanoseconds) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    Some(
        seconds
            .saturating_mul(100)
            .saturating_add(nanoseconds.div_euclid(10_000_000)),
    )
}

/// Whether `process` still lives: same pid, start time and boot. Where clocks differ by a fraction
/// of a tick, a start time may be reported one tick late.
#[must_use]
pub fn is_alive(process: &Process) -> bool {
    let same_start = |found: &Process| {
        found.start_ticks.abs_diff(process.start_ticks) <= u64::from(ticks_ahead() != 0)
    };
    identify(process.pid)
        .is_some_and(|found| same_start(&found) && found.boot_id == process.boot_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reused_pid_or_another_boot_is_another_process() {
        let me = identify(std::process::id() as i32).unwrap();
        assert!(is_alive(&me));
        assert!(!is_alive(&Process {
            start_ticks: me.start_ticks + 1,
            ..me.clone()
        }));
        assert!(!is_alive(&Process {
            boot_id: "another".into(),
            ..me.clone()
        }));
        assert!(!is_alive(&Process {
            pid: i32::MAX,
            ..me
        }));
    }

    #[test]
    fn offsets_of_a_time_namespace_become_ticks() {
        assert_eq!(
            boottime_ticks("monotonic           5         0\nboottime         100 530000000\n"),
            Some(10_053)
        );
        assert_eq!(boottime_ticks("boottime          -2 500000000"), Some(-150));
        assert_eq!(
            (boottime_ticks("boottime x 0"), boottime_ticks("")),
            (None, None)
        );
    }

    #[test]
    fn a_zombie_has_ended() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let process = identify(child.id() as i32);
        while identify(child.id() as i32).is_some() {
            std::thread::yield_now();
        }
        assert!(process.is_none_or(|p| !is_alive(&p)));
        child.wait().unwrap();
    }
}
