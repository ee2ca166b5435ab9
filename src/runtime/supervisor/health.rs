//! [`HealthMonitor`]: runs a container's health check at its interval and says when its verdict
//! changes.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use crate::record::Health;
use crate::runtime::exec::Probe;
use crate::spec::HealthCheck;
use crate::sys::pidfd::Ended;

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
}

/// Runs the check at its interval. It never waits: the supervisor's loop polls
/// [`HealthMonitor::fd`] until [`HealthMonitor::deadline`].
#[derive(Debug)]
pub(super) struct HealthMonitor {
    check: HealthCheck,
    next_run: Instant,
    run: Option<Run>,
    failures: u32,
    verdict: Health,
}

impl HealthMonitor {
    /// A monitor whose first run is one interval from `now`.
    #[must_use]
    pub(crate) fn new(check: HealthCheck, now: Instant) -> Self {
        Self {
            next_run: now + check.interval(),
            check,
            run: None,
            failures: 0,
            verdict: Health::Starting,
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

    /// Starts, judges or kills a run, whatever is due at `now`; the verdict when it changed.
    /// `start` starts a run of a shell line.
    pub(crate) fn advance(
        &mut self,
        now: Instant,
        start: impl FnOnce(&str) -> ProbeStart,
    ) -> Option<Health> {
        let interval = self.check.interval();
        let Some(run) = &mut self.run else {
            if now >= self.next_run {
                match start(&self.check.command) {
                    ProbeStart::Started(probe) => {
                        self.run = Some(Run {
                            probe,
                            deadline: now + interval,
                            late: false,
                        });
                    }
                    ProbeStart::Failed => return self.judge(false, now),
                    ProbeStart::NotNow => self.next_run = now + interval,
                }
            }
            return None;
        };
        if run.probe.has_ended() {
            // one that was killed in a pause, or by it, has not failed
            let paused = run.probe.is_paused();
            let healthy = matches!(run.probe.reap(), Ok(Ended::Exited(0))) && !run.late;
            self.run = None;
            if paused {
                self.next_run = now + interval;
                return None;
            }
            return self.judge(healthy, now);
        }
        if now >= run.deadline {
            run.probe.kill();
            (run.late, run.deadline) = (true, now + interval);
        }
        None
    }

    fn judge(&mut self, healthy: bool, now: Instant) -> Option<Health> {
        self.next_run = now + self.check.interval();
        self.failures = if healthy {
            0
        } else {
            self.failures.saturating_add(1)
        };
        let verdict = match (healthy, self.failures >= self.check.retries) {
            (true, _) => Health::Healthy,
            (false, true) => Health::Unhealthy,
            (false, false) => self.verdict,
        };
        (verdict != std::mem::replace(&mut self.verdict, verdict)).then_some(verdict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::pidfd;

    #[expect(
        clippy::zombie_processes,
        reason = "the monitor reaps it, through its pidfd"
    )]
    fn spawn(line: &str) -> ProbeStart {
        let child = std::process::Command::new("sh")
            .arg("-c")
            .arg(line)
            .spawn()
            .unwrap();
        ProbeStart::Started(Probe::new(pidfd::open(child.id() as i32).unwrap(), None))
    }

    /// One whole run of the check.
    fn run(monitor: &mut HealthMonitor, line: &str) -> Option<Health> {
        let due = monitor.deadline();
        assert_eq!(monitor.advance(due, |_| spawn(line)), None, "started");
        pidfd::wait_readable(monitor.fd().unwrap(), None).unwrap();
        monitor.advance(due, |_| ProbeStart::Failed)
    }

    fn monitor(retries: u32) -> HealthMonitor {
        HealthMonitor::new(
            HealthCheck {
                command: "x".into(),
                interval_ms: 1000,
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
    fn a_check_that_hangs_is_killed_and_has_failed() {
        let mut monitor = monitor(1);
        assert_eq!(
            monitor.advance(monitor.deadline(), |_| spawn("exec sleep 1000")),
            None
        );
        let late = monitor.deadline();
        assert_eq!(
            monitor.advance(late, |_| ProbeStart::Failed),
            None,
            "killed"
        );
        pidfd::wait_readable(monitor.fd().unwrap(), None).unwrap();
        assert_eq!(
            monitor.advance(late, |_| ProbeStart::Failed),
            Some(Health::Unhealthy)
        );
        assert!(monitor.fd().is_none());
    }

    #[test]
    fn a_frozen_container_is_not_judged() {
        let mut monitor = monitor(1);
        let due = monitor.deadline();
        assert_eq!(monitor.advance(due, |_| ProbeStart::NotNow), None);
        assert!(monitor.deadline() > due);
        assert_eq!(
            monitor.advance(monitor.deadline(), |_| ProbeStart::Failed),
            Some(Health::Unhealthy)
        );
    }
}
