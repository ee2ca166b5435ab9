//! [`Inspector`] implemented by the manager.

use std::path::Path;

use super::error::alive;
use super::{Error, EventSource, EventStream, Inspector, Manager, Shell};
use crate::inspect::{self, Changes, Connections, Extracted, Layers, ProcessInfo, Sheet};
use crate::record::LoggedEvent;
use crate::spec::ContainerId;
use crate::sys::tty::WindowSize;

impl EventStream for EventSource {
    fn read(&mut self) -> Result<Vec<LoggedEvent>, Error> {
        EventSource::read(self)
    }
}

impl Inspector for Manager {
    fn processes(&self, id: &ContainerId) -> Result<Vec<ProcessInfo>, Error> {
        self.load(id)?;
        Ok(inspect::processes(&self.cgroup(id))?)
    }

    fn processes_up_to(&self, id: &ContainerId, most: usize) -> Result<Vec<ProcessInfo>, Error> {
        self.load(id)?;
        Ok(inspect::processes_up_to(&self.cgroup(id), most)?)
    }

    fn signal_process(&self, id: &ContainerId, pid: i32, signal: i32) -> Result<(), Error> {
        let name = self.load(id)?.spec.name;
        let cgroup = self.cgroup(id);
        Ok(inspect::signal_process(&cgroup, &name, pid, signal)?)
    }

    fn event_stream(&self) -> Result<Box<dyn EventStream>, Error> {
        Ok(Box::new(self.events()?))
    }

    fn isolation(&self, id: &ContainerId) -> Result<Sheet, Error> {
        let record = self.load(id)?;
        let process = alive(&record, "isolation")?;
        let used = self.storage_used(&record);
        Ok(inspect::isolation(
            &record,
            process,
            &self.cgroup(id),
            used,
        )?)
    }

    fn connections(&self, id: &ContainerId) -> Result<Connections, Error> {
        self.look_at_connections(id)
    }

    fn host_sheet(&self) -> Result<Sheet, Error> {
        Ok(inspect::host(self.state(), &self.runtime.layout)?)
    }

    fn image_sheet(&self, root: Option<&Path>) -> Result<Sheet, Error> {
        Ok(match root {
            Some(root) => inspect::root(root),
            None => inspect::host_image(&self.store().images()),
        })
    }

    fn facts_sheet(&self) -> Result<Sheet, Error> {
        Ok(inspect::facts(self.state()))
    }

    fn check_sheet(&self) -> Result<Sheet, Error> {
        Ok(inspect::check(self.state())?)
    }

    fn changes(&self, id: &ContainerId) -> Result<Changes, Error> {
        Ok(self.layers(id)?.changes()?)
    }

    fn changed_file(&self, id: &ContainerId, path: &str, max: usize) -> Result<Vec<u8>, Error> {
        Ok(self.layers(id)?.read_changed(path, max)?)
    }

    fn extract(
        &self,
        id: &ContainerId,
        path: &str,
        into: &Path,
        proceed: &mut dyn FnMut(&Extracted) -> bool,
    ) -> Result<Extracted, Error> {
        Ok(self.layers(id)?.extract(path, into, proceed)?)
    }

    fn revert(&self, id: &ContainerId, path: &str) -> Result<(), Error> {
        // the lock keeps it from being started meanwhile
        let _lock = self.store().lock(id)?;
        let record = self.reconciled(self.store().load(id)?)?;
        if record.state.status.is_alive() {
            return Err(Error::wrong_state(&record, "revert", "a stopped one"));
        }
        Ok(self.layers(id)?.revert(path)?)
    }

    fn shell(&self, id: &ContainerId, size: WindowSize) -> Result<Box<dyn Shell>, Error> {
        self.open_shell(id, size)
    }
}

impl Manager {
    fn layers(&self, id: &ContainerId) -> Result<Layers, Error> {
        let record = self.load(id)?;
        Ok(Layers::open(&record, &self.store().container(id))?)
    }
}
