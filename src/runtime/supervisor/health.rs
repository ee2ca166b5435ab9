//! [`HealthMonitor`]: runs a container's health check at its interval and says what is to be
//! recorded of it.
//!
//! Recording costs a write to the disk. A verdict that changes is recorded at once; how a run ended
//! and how many failed in a row when that changes, once a second at most; what it printed, when
//! only that changes, once a minute at most (many a check prints the time or a duration); a run
//! that is like the recorded one never.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::check_output::CheckOutput;
use crate::record::{CheckEnd, CheckRun, Health, HealthReport};
use crate::runtime::exec::Probe;
use crate::spec::HealthCheck;
use crate::sys::pidfd::Ended;

/// How long after a record another is made because a run ended in another way.
const RESULT_INTERVAL: Duration = Duration::from_secs(1);
/// And because only its output is another.
const OUTPUT_INTERVAL: Duration = Duration::from_secs(60);

/// The result of starting a run.
#[derive(Debug)]
pub(super) enum ProbeStart {
    /// It runs.
    Started(Probe),
    /// It cannot be started: a failed check.
    Failed,
    /// The container is frozen: it cannot answer, which says nothing about its health.
    NotNow,
}

/// A run of the check.
#[derive(Debug)]
struct Run {
    probe: Probe,
    /// When it is killed, again and again.
    deadline: Instant,
    /// Whether it was killed for taking too long.
    late: bool,
    began: Instant,
    output: CheckOutput,
}

/// What is to be recorded.
#[derive(Debug, PartialEq)]
pub(super) struct Judgement {
    pub verdict: Health,
    /// Whether that is another than before.
    pub is_new: bool,
    pub report: HealthReport,
}

/// Runs the check at its interval. It never waits: the supervisor's loop polls
/// [`HealthMonitor::fd`] until [`HealthMonitor::deadline`].
#[derive(Debug)]
pub(super) struct HealthMonitor {
    check: HealthCheck,
    next_run: Instant,
    run: Option<Run>,
    verdict: Health,
    report: HealthReport,
    /// What was last recorded of the runs, and when.
    recorded: Option<(HealthReport, Instant)>,
}

impl HealthMonitor {
    /// A monitor whose first run is one interval from `now`.
    #[must_use]
    pub(crate) fn new(check: HealthCheck, now: Instant) -> Self {
        Self {
            next_run: now + check.interval(),
            check,
            run: None,
            verdict: Health::Starting,
            report: HealthReport {
                since: Timestamp::now(),
                failures: 0,
                last_run: None,
            },
            recorded: None,
        }
    }

    /// When [`HealthMonitor::advance`] has something to do even if nothing happens.
    #[must_use]
    pub(super) fn deadline(&self) -> Instant {
        self.run.as_ref().map_or(self.next_run, |run| run.deadline)
    }

    /// Readable when the running check has ended.
    #[must_use]
    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.run.as_ref().map(|run| run.probe.as_fd())
    }

    /// Readable when the running check has written something; none while that is not read.
    #[must_use]
    pub(super) fn output(&self, now: Instant) -> Option<BorrowedFd<'_>> {
        self.run.as_ref().and_then(|run| run.output.fd(now))
    }

    /// Until when what it writes is not read, if that is later than `now`.
    #[must_use]
    pub(super) fn rest(&self, now: Instant) -> Option<Instant> {
        self.run.as_ref().and_then(|run| run.output.rest(now))
    }

    /// Reads what it has written.
    pub(super) fn read_output(&mut self, now: Instant) {
        if let Some(run) = &mut self.run {
            run.output.read(now);
        }
    }

    /// Starts, judges or kills a run, whatever is due at `now`; what is to be recorded. `start`
    /// starts a run of a shell line.
    pub(crate) fn advance(
        &mut self,
        now: Instant,
        start: impl FnOnce(&str) -> ProbeStart,
    ) -> Option<Judgement> {
        let interval = self.check.interval();
        let Some(mut run) = self.run.take() else {
            if now >= self.next_run {
                match start(&self.check.command) {
                    ProbeStart::Started(mut probe) => {
                        self.run = Some(Run {
                            output: CheckOutput::new(probe.take_output()),
                            probe,
                            deadline: now + interval,
                            late: false,
                            began: now,
                        });
                    }
                    ProbeStart::Failed => {
                        return self.judge(CheckEnd::NotStarted, Duration::ZERO, None, now);
                    }
                    ProbeStart::NotNow => self.next_run = now + interval,
                }
            }
            return None;
        };
        if run.probe.has_ended() {
            // one that was killed in a pause, or by it, has not failed
            if run.probe.is_paused() {
                self.next_run = now + interval;
                return None;
            }
            let end = match run.probe.reap() {
                _ if run.late => CheckEnd::TimedOut,
                Ok(Ended::Exited(code)) => CheckEnd::Exited { code },
                Ok(Ended::Signaled(signal)) => CheckEnd::Exited { code: 128 + signal },
                Err(_) => CheckEnd::NotStarted,
            };
            let took = now.saturating_duration_since(run.began);
            return self.judge(end, took, Some(run.output), now);
        }
        if now >= run.deadline {
            run.probe.kill();
            (run.late, run.deadline) = (true, now + interval);
        }
        self.run = Some(run);
        None
    }

    fn judge(
        &mut self,
        end: CheckEnd,
        took: Duration,
        output: Option<CheckOutput>,
        now: Instant,
    ) -> Option<Judgement> {
        self.next_run = now + self.check.interval();
        let retries = self.check.retries;
        let failures = match end.is_success() {
            true => 0,
            false => self.report.failures.saturating_add(1).min(retries),
        };
        let verdict = match failures {
            0 => Health::Healthy,
            _ if failures >= retries => Health::Unhealthy,
            _ => self.verdict,
        };
        let is_new = verdict != std::mem::replace(&mut self.verdict, verdict);
        let at = Timestamp::now();
        if is_new {
            self.report.since = at;
        }
        let (output, truncated) = output.map(CheckOutput::finish).unwrap_or_default();
        self.report.failures = failures;
        self.report.last_run = Some(CheckRun {
            at,
            took_ms: took.as_millis().try_into().unwrap_or(u64::MAX),
            end,
            output,
            truncated,
        });
        if !is_new && !self.is_due(now) {
            return None;
        }
        self.recorded = Some((self.report.clone(), now));
        Some(Judgement {
            verdict,
            is_new,
            report: self.report.clone(),
        })
    }

    /// Whether the last run is to be recorded although the verdict stays.
    fn is_due(&self, now: Instant) -> bool {
        let Some((recorded, at)) = &self.recorded else {
            return true;
        };
        let result = |report: &HealthReport| {
            let end = report.last_run.as_ref().map(|run| run.end);
            (report.failures, end)
        };
        let output = |report: &HealthReport| report.last_run.as_ref().map(|run| run.output.clone());
        let interval = if result(recorded) != result(&self.report) {
            RESULT_INTERVAL
        } else if output(recorded) != output(&self.report) {
            OUTPUT_INTERVAL
        } else {
            return false;
        };
        now >= *at + interval
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::OwnedFd;

    use super::*;
    use crate::runtime::terminal::set_nonblocking;
    use crate::sys::pidfd;

    #[expect(
        clippy::zombie_processes,
        reason = "the monitor reaps it, through its pidfd"
    )]
    fn spawn(line: &str) -> ProbeStart {
        let mut child = std::process::Command::new("sh")
            .arg("-c")
            .arg(line)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let output = child.stdout.take().map(OwnedFd::from);
        set_nonblocking(output.as_ref().unwrap().as_fd()).unwrap();
        let process = pidfd::open(child.id() as i32).unwrap();
        ProbeStart::Started(Probe::new(process, None, output))
    }

    /// One whole run of the check: the verdict if it is another, and what is recorded.
    fn recorded(monitor: &mut HealthMonitor, line: &str) -> Option<(Option<Health>, HealthReport)> {
        let due = monitor.deadline();
        assert_eq!(monitor.advance(due, |_| spawn(line)), None, "started");
        pidfd::wait_readable(monitor.fd().unwrap(), None).unwrap();
        let judgement = monitor.advance(due, |_| ProbeStart::Failed)?;
        let verdict = judgement.is_new.then_some(judgement.verdict);
        Some((verdict, judgement.report))
    }

    /// The verdict if it is another.
    fn run(monitor: &mut HealthMonitor, line: &str) -> Option<Health> {
        recorded(monitor, line)?.0
    }

    fn monitor(retries: u32) -> HealthMonitor {
        monitor_every(1000, retries)
    }

    fn monitor_every(interval_ms: u64, retries: u32) -> HealthMonitor {
        HealthMonitor::new(
            HealthCheck {
                command: "x".into(),
                interval_ms,
                retries,
            },
            Instant::now(),
        )
    }

    #[test]
    fn retries_in_a_row_make_it_unhealthy_and_one_success_healthy() {
        let mut monitor = monitor(2);
        assert_eq!(
            monitor.advance(Instant::now(), |_| panic!("too early")),
            None
        );
        assert_eq!(run(&mut monitor, "exit 0"), Some(Health::Healthy));
        assert_eq!(run(&mut monitor, "exit 0"), None, "no news");
        assert_eq!(run(&mut monitor, "exit 1"), None, "one failure is none");
        assert_eq!(run(&mut monitor, "exit 1"), Some(Health::Unhealthy));
        assert_eq!(run(&mut monitor, "exit 0"), Some(Health::Healthy));
    }

    #[test]
    fn what_a_failure_printed_is_reported_with_its_exit_code() {
        let mut monitor = monitor(3);
        let (verdict, report) = recorded(&mut monitor, "echo db is down; exit 7").unwrap();
        let run = report.last_run.unwrap();
        assert_eq!((verdict, report.failures), (None, 1));
        assert_eq!(
            (run.end, run.last_line(), run.truncated),
            (CheckEnd::Exited { code: 7 }, Some("db is down"), false)
        );
        let (_, report) = recorded(&mut monitor, "kill -9 $$").unwrap();
        assert_eq!(report.failures, 2);
        assert_eq!(report.last_run.unwrap().end.exit_code(), Some(137));
    }

    #[test]
    fn a_run_like_the_recorded_one_is_not_recorded_again() {
        let mut monitor = monitor_every(20_000, 2);
        assert!(recorded(&mut monitor, "echo ok").is_some());
        assert_eq!(recorded(&mut monitor, "echo ok"), None);
        // 40 s after the record
        assert_eq!(recorded(&mut monitor, "date +%N"), None, "only its output");
        assert!(recorded(&mut monitor, "echo 12 ms").is_some(), "a minute");
        for failures in 1..=2 {
            let (_, report) = recorded(&mut monitor, "exit 1").unwrap();
            assert_eq!(report.failures, failures);
        }
        assert_eq!(recorded(&mut monitor, "exit 1"), None, "counted no further");
        let (_, report) = recorded(&mut monitor, "exit 2").unwrap();
        assert_eq!(report.failures, 2);
    }

    #[test]
    fn a_fast_check_that_flips_is_recorded_once_a_second() {
        let mut monitor = monitor_every(100, 1000);
        assert!(recorded(&mut monitor, "exit 0").is_some());
        let records =
            (0..20).filter(|run| recorded(&mut monitor, &format!("exit {}", run % 2)).is_some());
        assert!((1..=2).contains(&records.count()), "in two seconds");
    }

    #[test]
    fn a_check_that_hangs_is_killed_and_has_failed() {
        let mut monitor = monitor(1);
        assert_eq!(
            monitor.advance(monitor.deadline(), |_| spawn(
                "echo waiting; exec sleep 1000"
            )),
            None
        );
        let mut output = [nix::poll::PollFd::new(
            monitor.output(Instant::now()).unwrap(),
            nix::poll::PollFlags::POLLIN,
        )];
        nix::poll::poll(&mut output, nix::poll::PollTimeout::NONE).unwrap();
        let late = monitor.deadline();
        assert_eq!(
            monitor.advance(late, |_| ProbeStart::Failed),
            None,
            "killed"
        );
        pidfd::wait_readable(monitor.fd().unwrap(), None).unwrap();
        let judgement = monitor.advance(late, |_| ProbeStart::Failed).unwrap();
        assert_eq!(judgement.verdict, Health::Unhealthy);
        let run = judgement.report.last_run.unwrap();
        assert_eq!(
            (run.end, run.output.as_str(), run.took_ms),
            (CheckEnd::TimedOut, "waiting", 1000)
        );
        assert!(monitor.fd().is_none());
    }

    #[test]
    fn a_frozen_container_is_not_judged() {
        let mut monitor = monitor(1);
        let due = monitor.deadline();
        assert_eq!(monitor.advance(due, |_| ProbeStart::NotNow), None);
        assert!(monitor.deadline() > due);
        let judgement = monitor.advance(monitor.deadline(), |_| ProbeStart::Failed);
        let judgement = judgement.unwrap();
        assert_eq!(judgement.verdict, Health::Unhealthy);
        assert_eq!(judgement.report.last_run.unwrap().end, CheckEnd::NotStarted);
    }
}
