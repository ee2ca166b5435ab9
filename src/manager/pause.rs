//! `pause` and `resume`: every process of a container frozen and thawed through its cgroup.

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
    /// Freezes every process of it; its CPU counter stands still until [`Manager::resume`].
    ///
    /// # Errors
    /// When it is not running or the kernel does not freeze it.
    pub fn pause(&self, id: &ContainerId) -> Result<(), Error> {
        let _lock = self.store().lock(id)?;
        let record = self.load(id)?;
        changed(&record, Event::Paused, "pause", "a running one")?;
        let cgroup = self.cgroup(id);
        cgroup.freeze()?;
        // frozen first: so its supervisor knows that a check did not fail by itself
        cgroup.kill_probes();
        let recorded = fault::may_fail("pause.record")
            .map_err(Error::from)
            .and_then(|()| self.record_change(&record, Event::Paused));
        // it does not stay frozen without anybody knowing
        recorded.inspect_err(|_| drop(cgroup.thaw()))?;
        self.store().append_event(&record.spec, "paused", None);
        Ok(())
    }

    /// Thaws it.
    ///
    /// # Errors
    /// When it is not paused or the kernel does not thaw it.
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

    /// Records `event`, unless the container has ended meanwhile: then its supervisor has recorded
    /// more than we know.
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
