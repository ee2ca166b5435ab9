//! `pause` and `resume`: freeze and thaw a container through its cgroup.

use super::{Error, Manager};
use crate::record::{Event, IllegalTransition, Record};
use crate::spec::ContainerId;
use crate::sys::fault;

impl From<IllegalTransition> for Error {
    fn from(error: IllegalTransition) -> Self {
        Self::System {
            message: error.to_string(),
            hint: None,
        }
    }
}

impl Manager {
    /// Freezes all its processes until [`Manager::resume`].
    ///
    /// # Errors
    /// When it is not running or cannot be frozen.
    pub fn pause(&self, id: &ContainerId) -> Result<(), Error> {
        let _lock = self.store().lock(id)?;
        let record = self.load(id)?;
        changed(&record, Event::Paused, "pause", "a running one")?;
        let cgroup = self.cgroup(id);
        cgroup.freeze()?;
        // freeze first: its supervisor then sees why a health check failed
        cgroup.kill_probes();
        let recorded = fault::may_fail("pause.record")
            .map_err(Error::from)
            .and_then(|()| self.record_change(&record, Event::Paused));
        // do not leave it frozen without a record of it
        recorded.inspect_err(|_| drop(cgroup.thaw()))?;
        self.store().append_event(&record.spec, "paused", None);
        Ok(())
    }

    /// Thaws it.
    ///
    /// # Errors
    /// When it is not paused or cannot be thawed.
    pub fn resume(&self, id: &ContainerId) -> Result<(), Error> {
        let _lock = self.store().lock(id)?;
        let record = self.load(id)?;
        changed(&record, Event::Resumed, "resume", "a paused one")?;
        self.cgroup(id).thaw()?;
        fault::may_fail("resume.record")?;
        self.record_change(&record, Event::Resumed)?;
        self.store().append_event(&record.spec, "resumed", None);
        Ok(())
    }

    /// Records `event`, unless the container has ended meanwhile and its supervisor has recorded
    /// that.
    fn record_change(&self, seen: &Record, event: Event) -> Result<(), Error> {
        self.store().change(&seen.spec.id, |fresh| {
            let same = fresh.state.status.process() == seen.state.status.process();
            if same && let Ok(status) = fresh.state.status.clone().on(event) {
                fresh.state.status = status;
            }
            same
        })?;
        Ok(())
    }
}

fn changed(
    record: &Record,
    event: Event,
    verb: &'static str,
    needs: &'static str,
) -> Result<(), Error> {
    record
        .state
        .status
        .clone()
        .on(event)
        .map(drop)
        .map_err(|_| Error::wrong_state(record, verb, needs))
}
