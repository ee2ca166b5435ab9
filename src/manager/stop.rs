//! `stop`: a polite signal, a grace, then everything in the cgroup is killed. The supervisor does it; without one we do.

use std::os::fd::AsFd;
use std::time::Duration;

use super::{Error, Manager};
use crate::record::{ExitCause, Process, Record, Status, is_alive};
use crate::runtime;
use crate::spec::ContainerId;
use crate::sys::pidfd;

const SIGKILL: i32 = nix::libc::SIGKILL;

impl Manager {
    /// The grace of a container that was given one of its own, else `usual`.
    ///
    /// # Errors
    /// When it is unknown.
    pub fn grace(&self, id: &ContainerId, usual: Duration) -> Result<Duration, Error> {
        Ok(self.load(id)?.spec.stop_timeout_ms.map_or(usual, Duration::from_millis))
    }

    /// Its stop signal (SIGTERM unless its spec says otherwise), then after `grace` everything in its cgroup is killed. Returns how it ended.
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

    pub(super) fn end(&self, id: &ContainerId, signal: Option<i32>, grace: Duration) -> Result<ExitCause, Error> {
        let record = self.load(id)?;
        let verb = if signal.is_some() { "kill" } else { "stop" };
        let signal = signal.unwrap_or(record.spec.stop_signal);
        let process = match (&record.status, record.restart_at) {
            (Status::Running { process, .. } | Status::Paused { process, .. }, _) => Some(process.clone()),
            // its supervisor waits to start it again: a stop takes that back
            (Status::Stopped { .. }, Some(_)) => None,
            _ => return Err(not_alive(&record, verb)),
        };
        if matches!(record.status, Status::Paused { .. }) {
            // a frozen process takes no signal
            self.cgroup(id).thaw()?;
        }
        let folder = self.store().run_folder(id)?;
        if let Ok(socket) = runtime::connect(&folder)
            && let Ok(Some(cause)) = runtime::request_stop(&socket, signal, grace)
        {
            return Ok(cause);
        }
        match process {
            Some(process) => self.end_without_supervisor(&record, &process, signal, grace),
            None => Err(not_alive(&self.load(id)?, verb)),
        }
    }

    /// The supervisor was killed: signal, wait and kill ourselves. How it ended nobody can know but its parent.
    fn end_without_supervisor(&self, record: &Record, process: &Process, signal: i32, grace: Duration) -> Result<ExitCause, Error> {
        let io = |error: std::io::Error| Error::System { message: format!("cannot stop {}: {error}", record.spec.name), hint: None };
        if let Ok(init) = pidfd::open(process.pid)
            && is_alive(process)
        {
            let _ = pidfd::send_signal(init.as_fd(), signal);
            if !pidfd::wait_readable(init.as_fd(), Some(grace)).map_err(io)? {
                self.cgroup(&record.spec.id).kill_all()?;
                pidfd::wait_readable(init.as_fd(), None).map_err(io)?;
            }
        }
        match self.reconciled(self.store().load(&record.spec.id)?)?.status {
            Status::Stopped { cause, .. } => Ok(cause),
            _ => Ok(ExitCause::Lost),
        }
    }
}

fn not_alive(record: &Record, verb: &'static str) -> Error {
    Error::WrongState { container: record.spec.name.to_string(), state: record.status.word(), verb, needs: "a running one" }
}
