//! `stop`: a polite signal, a grace, then everything in the cgroup is killed. The supervisor does
//! it; without one we do.

use std::os::fd::AsFd;
use std::time::Duration;

use nix::errno::Errno;

use super::{Error, Manager};
use crate::record::{ExitCause, Process, Record, Status, is_alive};
use crate::runtime;
use crate::spec::ContainerId;
use crate::sys::fault;
use crate::sys::pidfd;

/// How long after the grace is over the end may take: a kill takes milliseconds, in a cgroup full
/// of forks a second.
const DEATH: Duration = Duration::from_secs(10);
const SIGKILL: i32 = nix::libc::SIGKILL;

impl Manager {
    /// The grace of a container that was given one of its own, else `usual`.
    ///
    /// # Errors
    /// When it is unknown.
    pub fn grace(&self, id: &ContainerId, usual: Duration) -> Result<Duration, Error> {
        Ok(self
            .load(id)?
            .spec
            .stop_timeout_ms
            .map_or(usual, Duration::from_millis))
    }

    /// Its stop signal (SIGTERM unless its spec says otherwise), then after `grace` everything in
    /// its cgroup is killed. Returns how it ended.
    ///
    /// # Errors
    /// When it is not alive, or does not end.
    pub fn stop(&self, id: &ContainerId, grace: Duration) -> Result<ExitCause, Error> {
        self.end(id, None, grace)
    }

    /// Kills everything in it at once.
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
            // its supervisor waits to start it again: a stop takes that back
            (Status::Stopped { .. }, Some(_)) => None,
            _ => return Err(Error::wrong_state(&record, verb, "a running one")),
        };
        if matches!(record.state.status, Status::Paused { .. }) {
            // a frozen process takes no signal
            self.cgroup(id).thaw()?;
        }
        fault::may_fail("stop.ask")?;
        let folder = self.store().run_folder(id)?;
        if let Ok(socket) = runtime::connect(&folder) {
            match runtime::request_stop(&socket, signal, grace, grace.saturating_add(DEATH)) {
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

    /// Its supervisor was told to stop and did not (SIGSTOP, perhaps): it cannot be relied on any
    /// more.
    fn end_supervisor(&self, record: &Record) {
        if let Some(supervisor) = &record.state.supervisor
            && let Ok(process) = pidfd::open(supervisor.pid)
            && is_alive(supervisor)
            && pidfd::send_signal(process.as_fd(), SIGKILL).is_ok()
        {
            let _ = pidfd::wait_readable(process.as_fd(), Some(DEATH));
        }
    }

    /// The supervisor was killed: signal, wait and kill ourselves. How it ended nobody can know but
    /// its parent.
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
                // one that was moved out of its cgroup ends all the same
                let _ = pidfd::send_signal(init.as_fd(), SIGKILL);
                if !pidfd::wait_readable(init.as_fd(), Some(DEATH)).map_err(io)? {
                    return Err(Error::System {
                        message: format!("{} was killed and does not die", record.spec.name),
                        hint: Some("it waits in the kernel, often for a disk or a network file system that does not answer".into()),
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
