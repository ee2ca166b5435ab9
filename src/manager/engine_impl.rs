//! [`Engine`] implemented by the manager.

use std::time::Duration;

use super::{Engine, Error, LimitChange, LogSource, Manager, Sampling, Updated, Watching};
use crate::record::{ExitCause, Record};
use crate::spec::{ContainerId, ContainerRequest};

impl Engine for Manager {
    fn records(&self) -> Result<Vec<Record>, Error> {
        Manager::records(self)
    }

    fn find(&self, word: &str) -> Result<Record, Error> {
        Manager::find(self, word)
    }

    fn launch(
        &self,
        what: &ContainerRequest,
        progress: &mut dyn FnMut(String),
    ) -> Result<ContainerId, Error> {
        Manager::launch(self, what, progress)
    }

    fn start(&self, id: &ContainerId) -> Result<(), Error> {
        Manager::start(self, id)
    }

    fn stop(&self, id: &ContainerId, grace: Duration) -> Result<ExitCause, Error> {
        Manager::stop(self, id, self.grace(id, grace)?)
    }

    fn restart(&self, id: &ContainerId, grace: Duration) -> Result<(), Error> {
        Manager::restart(self, id, self.grace(id, grace)?)
    }

    fn rename(&self, id: &ContainerId, name: &str) -> Result<(), Error> {
        Manager::rename(self, id, name)
    }

    fn restore_name(&self, id: &ContainerId, left: &str, back: &str) -> Result<(), Error> {
        Manager::restore_name(self, id, left, back)
    }

    fn pause(&self, id: &ContainerId) -> Result<(), Error> {
        Manager::pause(self, id)
    }

    fn resume(&self, id: &ContainerId) -> Result<(), Error> {
        Manager::resume(self, id)
    }

    fn kill(&self, id: &ContainerId, signal: i32) -> Result<(), Error> {
        Manager::kill(self, id, signal)
    }

    fn destroy(&self, id: &ContainerId, force: bool) -> Result<(), Error> {
        Manager::destroy(self, id, force)
    }

    fn set_limit(
        &self,
        id: &ContainerId,
        change: LimitChange,
        only_alive: bool,
    ) -> Result<Updated, Error> {
        Manager::set_limit(self, id, change, only_alive)
    }

    fn restore_limit(
        &self,
        id: &ContainerId,
        left: LimitChange,
        back: LimitChange,
    ) -> Result<Updated, Error> {
        Manager::restore_limit(self, id, left, back)
    }

    fn throw_away(&self, id: &ContainerId, grace: Duration) -> Result<(), Error> {
        Manager::throw_away(self, id, grace)
    }

    fn take_back(&self, id: &ContainerId) -> Result<(), Error> {
        Manager::take_back(self, id)
    }

    fn purge_trash(&self) -> Result<(), Error> {
        Manager::purge_trash(self)
    }

    fn log(&self, id: &ContainerId) -> Result<Box<dyn LogSource>, Error> {
        Manager::log(self, id)
    }

    fn log_near_end(&self, id: &ContainerId, bytes: u64) -> Result<Box<dyn LogSource>, Error> {
        Manager::log_near_end(self, id, bytes)
    }

    fn sampler(&self) -> Result<Box<dyn Sampling>, Error> {
        Manager::sampler(self)
    }

    fn watch(&self) -> Result<Box<dyn Watching>, Error> {
        Manager::watch(self)
    }
}
