//! How states, limits and endings are put into words on the command line.

use std::time::Duration;

use jiff::Timestamp;

use super::failure::Failure;
use crate::record::{ExitCause, Record, Status};
use crate::spec::{ContainerSpec, Limits, format_duration};

/// The time from `then` to `now`; a clock that was set back gives 0.
pub(super) fn between(then: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(then)).unwrap_or_default()
}

/// How long it runs, or how and when it ended.
pub(super) fn uptime_or_end(record: &Record, now: Timestamp) -> String {
    match &record.state.status {
        Status::Created => "never started".into(),
        Status::Broken { reason } => reason.clone(),
        Status::Running { since, .. } | Status::Paused { since, .. } => {
            format!("up {}", format_duration(between(*since, now)))
        }
        Status::Stopped { cause, at, .. } => {
            format!(
                "{}, {} ago{}",
                cause.brief(),
                format_duration(between(*at, now)),
                next_restart(record, now)
            )
        }
    }
}

/// `, restarts in 3s` while it waits for that.
pub(super) fn next_restart(record: &Record, now: Timestamp) -> String {
    record.state.restart_at.map_or(String::new(), |next| {
        format!(", restarts in {}", format_duration(between(now, next)))
    })
}

/// The CPU cap in cores: `0.25`.
pub(super) fn cpu_limit(limits: &Limits) -> Option<String> {
    limits
        .cpu
        .map(|cpu| format!("{}", (cpu.cores() * 1000.0).round() / 1000.0))
}

/// Every limit in one line: `memory 128M, cpu 0.5 cores, 512 shares, 64 pids`; `none`.
pub(super) fn all_limits(spec: &ContainerSpec) -> String {
    let others = spec.other_limits();
    match (spec.limits == Limits::default(), others.is_empty()) {
        (_, true) => limits(&spec.limits),
        (true, false) => others.join(", "),
        (false, false) => format!("{}, {}", limits(&spec.limits), others.join(", ")),
    }
}

/// The cgroups' limits in one line: `memory 128M, cpu 0.5 cores, 64 pids`.
fn limits(limits: &Limits) -> String {
    let words: Vec<String> = limits
        .amounts()
        .map(|(limit, amount)| limit.words(&amount.words()))
        .collect();
    if words.is_empty() {
        "none".into()
    } else {
        words.join(", ")
    }
}

/// What an attached command ends with: its container's exit code, and a word where the code alone
/// would leave one wondering. `None` is a user who detached.
pub(super) fn ending(cause: Option<ExitCause>) -> Result<i32, Failure> {
    match cause {
        None => Ok(0),
        Some(cause @ (ExitCause::Exited { .. } | ExitCause::Signaled { .. })) => {
            Ok(cause.exit_code())
        }
        Some(cause) => Err(Failure {
            code: cause.exit_code(),
            subject: None,
            line: Some(cause.sentence().trim_end_matches('.').to_owned()),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{CpuLimit, IoLimit};

    #[test]
    fn limits_in_words() {
        assert_eq!(limits(&Limits::default()), "none");
        let all = Limits {
            memory: Some(128 << 20),
            swap: Some(0),
            cpu: Some(CpuLimit::from_shares(512)),
            cpu_shares: Some(512),
            pids: Some(64),
            ..Limits::default()
        };
        assert_eq!(
            limits(&all),
            "memory 128M, swap 0B, cpu 0.5 cores, 512 shares, 64 pids"
        );
        let more = Limits {
            cpuset: Some("0-1".into()),
            memory_high: Some(32 << 20),
            oom_group: Some(true),
            io_weight: Some(200),
            io: vec![IoLimit {
                device: "/dev/sda".into(),
                read_bps: Some(1 << 20),
                ..IoLimit::default()
            }],
            ..Limits::default()
        };
        assert_eq!(
            limits(&more),
            "CPUs 0-1, memory high 32.0M, OOM policy group, io weight 200, /dev/sda rbps=1048576"
        );
    }

    #[test]
    fn endings() {
        assert_eq!(ending(None), Ok(0));
        assert_eq!(ending(Some(ExitCause::Exited { code: 7 })), Ok(7));
        assert_eq!(
            ending(Some(ExitCause::Signaled {
                signal: 15,
                by_us: false
            })),
            Ok(143)
        );
        let oom = ExitCause::OomKilled {
            peak: None,
            limit: Some(200 << 20),
        };
        let failure = ending(Some(oom)).unwrap_err();
        assert_eq!(failure.code, 137);
        assert!(failure.line.unwrap().contains("200M"));
    }

    #[test]
    fn a_clock_set_back_is_no_panic() {
        let (early, late) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
        assert_eq!(between(late, early), Duration::ZERO);
        assert!(between(early, late) > Duration::ZERO);
    }
}
