//! `stop`: the stop signal, a grace period, then SIGKILL to the whole cgroup. The supervisor does
//! this; without one we do.

use std::os::fd::AsFd;
use std::time::Duration;

use nix::errno::Errno;

use super::{Error, Manager};
use crate::record::{ExitCause, Process, Record, Status, is_alive};
use crate::runtime;
use crate::spec::ContainerId;
use crate::sys::fault;
use crate::sys::pidfd;

/// How long the end may take after the grace period: a kill takes milliseconds, with a fork bomb
/// about a second.
const KILL_TIMEOUT: Duration = Duration::from_secs(10);
const SIGKILL: i32 = nix::libc::SIGKILL;

impl Manager {
    /// The container's own grace period, or `default`.
    ///
    /// # Errors
    /// When it is unknown.
    pub fn grace(&self, id: &ContainerId, default: Duration) -> Result<Duration, Error> {
        Ok(self
            .load(id)?
            .spec
            .stop_timeout_ms
            .map_or(default, Duration::from_millis))
    }

    /// Sends its stop signal (by default SIGTERM) and kills its cgroup after `grace`. Returns the
    /// cause of its end.
    ///
    /// # Errors
    /// When it is not running, or does not end.
    pub fn stop(&self, id: &ContainerId, grace: Duration) -> Result<ExitCause, Error> {
        self.end(id, None, grace)
    }

    /// Kills all its processes at once.
    pub(super) fn kill_now(&self, id: &ContainerId) -> Result<ExitCause, Error> {
        self.end(id, Some(SIGKILL), Duration::ZERO)
    }

    pub(super) fn end(
        &self,
        id: &ContainerId,
        signal: Option<i32>,
        grace: Duration,
    ) -> Result<ExitCause, Error> {
        let record = self.load(id)?;
        let verb = if signal.is_some() { "kill" } else { "stop" };
        let signal = signal.unwrap_or(record.spec.stop_signal);
        let process = match (&record.state.status, record.state.restart_at) {
            (Status::Running { process, .. } | Status::Paused { process, .. }, _) => {
                Some(process.clone())
            }
            // its supervisor is waiting to restart it: a stop cancels that
            (Status::Stopped { .. }, Some(_)) => None,
            _ => return Err(Error::wrong_state(&record, verb, "a running one")),
        };
        if matches!(record.state.status, Status::Paused { .. }) {
            // a frozen process does not handle signals
            self.cgroup(id).thaw()?;
        }
        fault::may_fail("stop.ask")?;
        let folder = self.store().run_folder(id)?;
        if let Ok(socket) = runtime::connect(&folder) {
            match runtime::request_stop(&socket, signal, grace, grace.saturating_add(KILL_TIMEOUT))
            {
                Ok(Some(cause)) => return Ok(cause),
                Err(Errno::ETIMEDOUT) => self.end_supervisor(&record),
                _ => {}
            }
        }
        match process {
            Some(process) => self.end_without_supervisor(&record, &process, signal, grace),
            None => Err(Error::wrong_state(&self.load(id)?, verb, "a running one")),
        }
    }

    /// Kills a supervisor that did not act on a stop request (it may have got SIGSTOP).
    fn end_supervisor(&self, record: &Record) {
        if let Some(supervisor) = &record.state.supervisor
            && let Ok(process) = pidfd::open(supervisor.pid)
            && is_alive(supervisor)
            && pidfd::send_signal(process.as_fd(), SIGKILL).is_ok()
        {
            let _ = pidfd::wait_readable(process.as_fd(), Some(KILL_TIMEOUT));
        }
    }

    /// Without a supervisor: signals, waits and kills. The exit status is lost, as only its parent
    /// gets it.
    fn end_without_supervisor(
        &self,
        record: &Record,
        process: &Process,
        signal: i32,
        grace: Duration,
    ) -> Result<ExitCause, Error> {
        let io = |error: std::io::Error| Error::System {
            message: format!("cannot stop {}: {error}", record.spec.name),
            hint: None,
        };
        if let Ok(init) = pidfd::open(process.pid)
            && is_alive(process)
        {
            fault::may_fail("stop.alone")?;
            let _ = pidfd::send_signal(init.as_fd(), signal);
            if !pidfd::wait_readable(init.as_fd(), Some(grace)).map_err(io)? {
                fault::may_fail("stop.kill")?;
                self.cgroup(&record.spec.id).kill_all()?;
                // also if it was moved out of its cgroup
                let _ = pidfd::send_signal(init.as_fd(), SIGKILL);
                if !pidfd::wait_readable(init.as_fd(), Some(KILL_TIMEOUT)).map_err(io)? {
                    return Err(Error::System {
                        message: format!("{} was sent SIGKILL and has not ended", record.spec.name),
                        hint: Some("a process is blocked in the kernel, often on a disk or network file system that does not respond".into()),
                    });
                }
            }
        }
        match self
            .reconciled(self.store().load(&record.spec.id)?)?
            .state
            .status
        {
            Status::Stopped { cause, .. } => Ok(cause),
            _ => Ok(ExitCause::Lost),
        }
    }
}
