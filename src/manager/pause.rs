//! `pause` and `resume`: every process of a container frozen and thawed through its cgroup.

use super::{Error, Manager};
use crate::record::{Event, IllegalTransition, Record};
use crate::spec::ContainerId;

impl From<IllegalTransition> for Error {
    fn from(error: IllegalTransition) -> Self {
        Self::System { message: error.to_string(), hint: None }
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
        let paused = changed(&record, Event::Paused, "pause", "a running one")?;
        self.cgroup(id).freeze()?;
        self.store().save(&paused)?;
        Ok(self.store().tell(&paused.spec, "paused", None)?)
    }

    /// Thaws it.
    ///
    /// # Errors
    /// When it is not paused or the kernel does not thaw it.
    pub fn resume(&self, id: &ContainerId) -> Result<(), Error> {
        let _lock = self.store().lock(id)?;
        let record = self.load(id)?;
        let resumed = changed(&record, Event::Resumed, "resume", "a paused one")?;
        self.cgroup(id).thaw()?;
        self.store().save(&resumed)?;
        Ok(self.store().tell(&resumed.spec, "resumed", None)?)
    }
}

fn changed(record: &Record, event: Event, verb: &'static str, needs: &'static str) -> Result<Record, Error> {
    let wrong = || Error::WrongState { container: record.spec.name.to_string(), state: record.status.word(), verb, needs };
    let status = record.status.clone().on(event).map_err(|_| wrong())?;
    Ok(Record { status, ..record.clone() })
}
