//! Reconciles records with processes and cgroups, after a supervisor was killed or the host
//! rebooted.

use jiff::Timestamp;

use super::{Error, Manager};
use crate::cgroup;
use crate::record::{Event, ExitCause, Record, State, Status, Supervising, is_alive};
use crate::sys::fault;

impl Manager {
    /// `record` with its current status. A running container whose process and supervisor are both
    /// gone becomes STOPPED, cause lost, and its cgroup is removed. The result is the same when that
    /// cannot be written (a full disk).
    pub(super) fn reconciled(&self, record: Record) -> Result<Record, Error> {
        self.reconciled_among(record, &Supervising::default())
    }

    /// As [`Manager::reconciled`], for one of many: supervisors in `seen` are not checked again.
    pub(super) fn reconciled_among(
        &self,
        record: Record,
        seen: &Supervising,
    ) -> Result<Record, Error> {
        let watched = record
            .state
            .supervisor
            .as_ref()
            .is_some_and(|supervisor| seen.saw(&record.spec.id, supervisor));
        if watched || !is_out_of_date(&record) {
            return Ok(self.as_frozen(record));
        }
        let id = &record.spec.id;
        // whoever holds this is starting it again or removing its remains
        let Ok(Some(_supervising)) = self.store().try_supervise(id) else {
            return Ok(self.as_ended(record));
        };
        // the supervisor may have recorded the end, or a restart, since we read the record
        match self.store().load(id) {
            Ok(fresh) if is_out_of_date(&fresh) => {}
            Ok(fresh) => return Ok(fresh),
            Err(_) => return Ok(self.as_ended(record)),
        }
        // its init is gone, but processes of exec may be left. If they do not die, destroy reports
        // it
        fault::may_fail("reconcile.cgroup")?;
        let cgroup = self.cgroup(id);
        let _ = cgroup.kill_all().and_then(|()| cgroup.remove());
        fault::may_fail("reconcile.record")?;
        let changed = self.store().change(id, |fresh| {
            let stale = is_out_of_date(fresh);
            if stale {
                *fresh = self.as_ended(fresh.clone());
            }
            stale
        });
        let (lost, changed) = changed.unwrap_or_else(|_| (self.as_ended(record.clone()), false));
        if changed {
            self.store().discard_unsaved_end(id);
        }
        if changed && record.state.status.is_alive() {
            let cause = match &lost.state.status {
                Status::Stopped { cause, .. } => cause,
                _ => &ExitCause::Lost,
            };
            self.store().append_event(&lost.spec, "died", Some(cause));
        }
        if changed && lost.spec.remove {
            fault::may_fail("reconcile.remove")?;
            self.store().remove(id)?;
            let _ = self.store().free_name(id, &lost.spec.name);
            let _ = self.store().free_ids(&lost.spec);
        }
        Ok(lost)
    }

    /// The end that the supervisor saw but could not record, else lost.
    fn as_ended(&self, record: Record) -> Record {
        let seen = self
            .store()
            .unsaved_end(&record.spec.id, &record.state.status);
        let lost = as_lost(record);
        match seen {
            Some(status) => with_status(lost, status),
            None => lost,
        }
    }

    /// Whether its caller (`run`) was killed between creating and starting it.
    pub(super) fn is_abandoned(&self, record: &Record) -> bool {
        record.state.status == Status::Created
            && self
                .store()
                .caller(&record.spec.id)
                .is_some_and(|caller| !is_alive(&caller))
    }

    /// Removes an abandoned container, unless another command is using it.
    pub(super) fn without_abandoned(&self, record: Record) -> Result<Option<Record>, Error> {
        let id = &record.spec.id;
        let Some(lock) = self.store().try_lock(id)? else {
            return Ok(Some(record));
        };
        // its caller may have been killed after forking the supervisor
        let Some(_supervising) = self.store().try_supervise(id)? else {
            return Ok(Some(record));
        };
        // it may have been started since we read the record
        match self.store().load(id) {
            Ok(fresh) if self.is_abandoned(&fresh) => {
                self.store().remove(id)?;
                // a stale name or id range is harmless
                let _ = self.store().free_name(id, &record.spec.name);
                let _ = self.store().free_ids(&record.spec);
                drop(lock);
                self.store().append_event(&record.spec, "destroyed", None);
                Ok(None)
            }
            Ok(fresh) => Ok(Some(fresh)),
            Err(_) => Ok(Some(record)),
        }
    }

    /// Takes the paused state from the freezer: `pause` may have been killed before recording it,
    /// and others can thaw the cgroup.
    fn as_frozen(&self, record: Record) -> Record {
        if !record.state.status.is_alive() {
            return record;
        }
        let frozen =
            cgroup::is_frozen(&self.runtime.layout, &self.cgroup_parent(), &record.spec.id);
        let event = if frozen {
            Event::Paused
        } else {
            Event::Resumed
        };
        match record.state.status.clone().on(event) {
            Ok(status) => with_status(record, status),
            // already recorded
            Err(_) => record,
        }
    }
}

/// Whether the record claims a running container or supervisor, and neither process exists. While
/// a supervisor lives, it will record the end or the restart.
pub(super) fn is_out_of_date(record: &Record) -> bool {
    let claims_running = record.state.status.is_alive() || record.state.supervisor.is_some();
    claims_running
        && !record.state.supervisor.as_ref().is_some_and(is_alive)
        && !record.state.status.process().is_some_and(is_alive)
}

fn with_status(mut record: Record, status: Status) -> Record {
    record.state.status = status;
    record
}

fn as_lost(Record { spec, state }: Record) -> Record {
    Record {
        spec,
        state: State {
            status: state.status.observed(false, Timestamp::now()),
            supervisor: None,
            restart_at: None,
            health: None,
            ..state
        },
    }
}
