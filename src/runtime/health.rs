//! [`HealthMonitor`]: runs a container's health check at its interval and says when its verdict
//! changes.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use crate::cgroup::Cgroup;
use crate::record::Health;
use crate::spec::HealthCheck;
use crate::sys::pidfd::{self, Ended};

/// A run of the check, which takes all that it started with it when it is dropped.
#[derive(Debug)]
pub(super) struct Probe {
    /// The process that waits for its command, our child.
    process: OwnedFd,
    /// Its own cgroup, and the container's; a process that was forked is in it wherever it went.
    cgroups: Option<(Cgroup, Cgroup)>,
    deadline: Option<Instant>,
    late: bool,
}

impl Probe {
    /// One that has just begun; without cgroups only `process` is killed.
    #[must_use]
    pub(super) fn new(process: OwnedFd, cgroups: Option<(Cgroup, Cgroup)>) -> Self {
        Self {
            process,
            cgroups,
            deadline: None,
            late: false,
        }
    }

    /// Kills it whole. What is frozen by a v1 freezer dies when it is thawed, and is not waited
    /// for.
    fn kill(&self) {
        if let Some((own, _)) = &self.cgroups {
            own.kill_now();
        }
        // gone meanwhile is what we want
        let _ = pidfd::send_signal(self.process.as_fd(), nix::libc::SIGKILL);
    }

    fn has_ended(&self) -> bool {
        pidfd::wait_readable(self.process.as_fd(), Some(Duration::ZERO)).unwrap_or(true)
    }

    fn is_paused(&self) -> bool {
        self.cgroups
            .as_ref()
            .is_some_and(|(_, container)| container.is_frozen())
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.kill();
        if self.has_ended() {
            // reaped already, where it was judged
            let _ = pidfd::reap(self.process.as_fd());
        }
    }
}

/// What became of the wish to start a run.
#[derive(Debug)]
pub(super) enum ProbeStart {
    /// It runs.
    Started(Probe),
    /// It cannot be started: a failed check.
    Failed,
    /// The container is frozen: it cannot answer, which says nothing about its health.
    NotNow,
}

/// Runs the check at its interval. It never waits: the supervisor's loop polls
/// [`HealthMonitor::fd`] until [`HealthMonitor::deadline`].
#[derive(Debug)]
pub(super) struct HealthMonitor {
    check: HealthCheck,
    next_run: Instant,
    probe: Option<Probe>,
    failures: u32,
    verdict: Health,
}

impl HealthMonitor {
    /// A monitor whose first run is one interval from `now`.
    #[must_use]
    pub(super) fn new(check: HealthCheck, now: Instant) -> Self {
        Self {
            next_run: now + check.interval(),
            check,
            probe: None,
            failures: 0,
            verdict: Health::Starting,
        }
    }

    /// When [`HealthMonitor::advance`] has something to do even if nothing happens.
    #[must_use]
    pub(super) fn deadline(&self) -> Instant {
        self.probe
            .as_ref()
            .and_then(|p| p.deadline)
            .unwrap_or(self.next_run)
    }

    /// Readable when the running check has ended.
    #[must_use]
    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.probe.as_ref().map(|p| p.process.as_fd())
    }

    /// Starts, judges or kills a run, whatever is due at `now`; the verdict when it changed.
    /// `start` starts a run of a shell line.
    pub(super) fn advance(
        &mut self,
        now: Instant,
        start: impl FnOnce(&str) -> ProbeStart,
    ) -> Option<Health> {
        let interval = self.check.interval();
        let Some(probe) = &mut self.probe else {
            if now >= self.next_run {
                match start(&self.check.command) {
                    ProbeStart::Started(mut probe) => {
                        probe.deadline = Some(now + interval);
                        self.probe = Some(probe);
                    }
                    ProbeStart::Failed => return self.judge(false, now),
                    ProbeStart::NotNow => self.next_run = now + interval,
                }
            }
            return None;
        };
        if probe.has_ended() {
            // one that was killed in a pause, or by it, has not failed
            let paused = probe.is_paused();
            let healthy =
                matches!(pidfd::reap(probe.process.as_fd()), Ok(Ended::Exited(0))) && !probe.late;
            self.probe = None;
            if paused {
                self.next_run = now + interval;
                return None;
            }
            return self.judge(healthy, now);
        }
        if probe.deadline.is_none_or(|deadline| now >= deadline) {
            probe.kill();
            (probe.late, probe.deadline) = (true, Some(now + interval));
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
