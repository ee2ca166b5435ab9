//! [`HealthMonitor`]: runs a container's health check at its interval and says when its verdict changes.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use crate::record::Health;
use crate::spec::HealthCheck;
use crate::sys::pidfd::{self, Ended};

/// A run of the check: its process, and when it has taken too long.
#[derive(Debug)]
struct Probe {
    process: OwnedFd,
    deadline: Instant,
    late: bool,
}

/// What became of the wish to start a run.
#[derive(Debug)]
pub enum ProbeStart {
    /// Its process, our child.
    Started(OwnedFd),
    /// It cannot be started: a failed check.
    Failed,
    /// The container is frozen: it cannot answer, which says nothing about its health.
    NotNow,
}

/// Runs the check at its interval. It never waits: the supervisor's loop polls [`HealthMonitor::fd`] until [`HealthMonitor::deadline`].
#[derive(Debug)]
pub struct HealthMonitor {
    check: HealthCheck,
    next_run: Instant,
    probe: Option<Probe>,
    failures: u32,
    verdict: Health,
}

impl HealthMonitor {
    /// A monitor whose first run is one interval from `now`.
    #[must_use]
    pub fn new(check: HealthCheck, now: Instant) -> Self {
        Self { next_run: now + check.interval(), check, probe: None, failures: 0, verdict: Health::Starting }
    }

    /// When [`HealthMonitor::advance`] has something to do even if nothing happens.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.probe.as_ref().map_or(self.next_run, |p| p.deadline)
    }

    /// Readable when the running check has ended.
    #[must_use]
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.probe.as_ref().map(|p| p.process.as_fd())
    }

    /// Starts, judges or kills a run, whatever is due at `now`; the verdict when it changed. `start` starts a run of a shell line.
    pub fn advance(&mut self, now: Instant, start: impl FnOnce(&str) -> ProbeStart) -> Option<Health> {
        let interval = self.check.interval();
        let Some(probe) = &mut self.probe else {
            if now >= self.next_run {
                match start(&self.check.command) {
                    ProbeStart::Started(process) => self.probe = Some(Probe { process, deadline: now + interval, late: false }),
                    ProbeStart::Failed => return self.judge(false, now),
                    ProbeStart::NotNow => self.next_run = now + interval,
                }
            }
            return None;
        };
        if pidfd::wait_readable(probe.process.as_fd(), Some(Duration::ZERO)).unwrap_or(true) {
            let healthy = matches!(pidfd::reap(probe.process.as_fd()), Ok(Ended::Exited(0))) && !probe.late;
            self.probe = None;
            return self.judge(healthy, now);
        }
        if now >= probe.deadline {
            // its command dies with it (PR_SET_PDEATHSIG); a frozen one dies when it is thawed, so nobody waits for that here
            let _ = pidfd::send_signal(probe.process.as_fd(), nix::libc::SIGKILL);
            (probe.late, probe.deadline) = (true, now + interval);
        }
        None
    }

    fn judge(&mut self, healthy: bool, now: Instant) -> Option<Health> {
        self.next_run = now + self.check.interval();
        self.failures = if healthy { 0 } else { self.failures.saturating_add(1) };
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

    #[expect(clippy::zombie_processes, reason = "the monitor reaps it, through its pidfd")]
    fn spawn(line: &str) -> ProbeStart {
        let child = std::process::Command::new("sh").arg("-c").arg(line).spawn().unwrap();
        ProbeStart::Started(pidfd::open(child.id() as i32).unwrap())
    }

    /// One whole run of the check.
    fn run(monitor: &mut HealthMonitor, line: &str) -> Option<Health> {
        let due = monitor.deadline();
        assert_eq!(monitor.advance(due, |_| spawn(line)), None, "started");
        pidfd::wait_readable(monitor.fd().unwrap(), None).unwrap();
        monitor.advance(due, |_| ProbeStart::Failed)
    }

    fn monitor(retries: u32) -> HealthMonitor {
        HealthMonitor::new(HealthCheck { command: "x".into(), interval_ms: 1000, retries }, Instant::now())
    }

    #[test]
    fn retries_in_a_row_make_it_unhealthy_and_one_success_healthy() {
        let mut monitor = monitor(2);
        assert_eq!(monitor.advance(Instant::now(), |_| panic!("too early")), None);
        assert_eq!(run(&mut monitor, "exit 0"), Some(Health::Healthy));
        assert_eq!(run(&mut monitor, "exit 0"), None, "no news");
        assert_eq!(run(&mut monitor, "exit 1"), None, "one failure is none");
        assert_eq!(run(&mut monitor, "exit 1"), Some(Health::Unhealthy));
        assert_eq!(run(&mut monitor, "exit 0"), Some(Health::Healthy));
    }

    #[test]
    fn a_check_that_hangs_is_killed_and_has_failed() {
        let mut monitor = monitor(1);
        assert_eq!(monitor.advance(monitor.deadline(), |_| spawn("exec sleep 1000")), None);
        let late = monitor.deadline();
        assert_eq!(monitor.advance(late, |_| ProbeStart::Failed), None, "killed");
        pidfd::wait_readable(monitor.fd().unwrap(), None).unwrap();
        assert_eq!(monitor.advance(late, |_| ProbeStart::Failed), Some(Health::Unhealthy));
        assert!(monitor.fd().is_none());
    }

    #[test]
    fn a_frozen_container_is_not_judged() {
        let mut monitor = monitor(1);
        let due = monitor.deadline();
        assert_eq!(monitor.advance(due, |_| ProbeStart::NotNow), None);
        assert!(monitor.deadline() > due);
        assert_eq!(monitor.advance(monitor.deadline(), |_| ProbeStart::Failed), Some(Health::Unhealthy));
    }
}
