//! Starting a container through the runtime, directly or through the launcher.

use std::os::fd::OwnedFd;

use super::{Error, Manager};
use crate::record::{Lock, Record, Status};
use crate::runtime::{Confinement, LaunchError, StartOrder, launch_record, record_sources};
use crate::spec::{ContainerId, ContainerSpec, SeLinux};
use crate::sys::fault;
use crate::sys::tty;

impl From<LaunchError> for Error {
    fn from(error: LaunchError) -> Self {
        Self::Launch {
            message: error.to_string(),
            code: error.code,
            launch: error.launch,
        }
    }
}

/// Whether all sources on the host are recorded.
fn is_recorded(spec: &ContainerSpec) -> bool {
    spec.root.is_some() == spec.root_found.is_some()
        && spec.volumes.iter().all(|volume| volume.found.is_some())
}

impl Manager {
    /// Locks and starts `id`. `client` is the other end of an attached console.
    pub(super) fn launch_locked(
        &self,
        id: &ContainerId,
        client: Option<OwnedFd>,
    ) -> Result<(), Error> {
        fault::may_fail("start.lock")?;
        self.launch_holding(id, &self.store().lock(id)?, client)
    }

    /// As [`Manager::launch_locked`], with its lock held.
    fn launch_holding(
        &self,
        id: &ContainerId,
        lock: &Lock,
        client: Option<OwnedFd>,
    ) -> Result<(), Error> {
        let record = self.load(id)?;
        if record.state.status.is_alive()
            || record.state.restart_at.is_some()
            || matches!(record.state.status, Status::Broken { .. })
        {
            return Err(Error::wrong_state(
                &record,
                "start",
                "a created or stopped one",
            ));
        }
        // a supervisor that was killed early may have left a cgroup
        fault::may_fail("start.stale")?;
        let stale = self.cgroup(id);
        if stale.exists() {
            stale.kill_all()?;
            stale.remove()?;
        }
        self.launch_record(record, lock, client)
    }

    /// Warns when the host has a security module whose label the container will not get.
    fn warn_of_labels(&self, spec: &ContainerSpec) {
        // an error here also fails the start, which reports it
        let Ok(confinement) = Confinement::of(spec) else {
            return;
        };
        if let Some(lacks) = &confinement.lacks {
            (self.warn)(&format!("{} runs without {lacks}", spec.name));
        }
        if confinement.labels.is_some()
            && spec.categories.is_none()
            && spec.security.selinux == SeLinux::Default
        {
            (self.warn)(&format!(
                "{} has no SELinux categories, which isolate containers from each other: it was created without SELinux; create it again",
                spec.name
            ));
        }
    }

    /// Records sources that an older version did not, or whose device numbers a reboot changed. The
    /// start itself compares them.
    fn complete(&self, record: &mut Record) -> Result<(), Error> {
        let mut completed = record.spec.clone();
        let recorded = record_sources(self.store(), &mut completed);
        if recorded.or_else(|error| {
            if is_recorded(&record.spec) {
                Ok(false)
            } else {
                Err(error)
            }
        })? {
            self.store().save_spec(&completed)?;
            record.spec = completed;
        }
        Ok(())
    }

    /// Starts a container that is not running and has no cgroup, with its lock held.
    pub(super) fn launch_record(
        &self,
        mut record: Record,
        _lock: &Lock,
        client: Option<OwnedFd>,
    ) -> Result<(), Error> {
        self.check_read_only(&record.spec)?;
        self.warn_of_labels(&record.spec);
        self.complete(&mut record)?;
        let image = match &record.spec.root {
            Some(folder) => folder.clone(),
            None => self.image(&mut |_| {})?.path,
        };
        let window = client.as_ref().and_then(|_| tty::window_size(0).ok());
        fault::may_fail("start.order")?;
        let order = StartOrder {
            id: record.spec.id.clone(),
            image,
            window,
        };
        let best_effort = record.spec.best_effort;
        match (&self.launcher, client) {
            (Some(launcher), None) => launcher.launch(&order)?,
            (_, client) => launch_record(&self.runtime, &order, record, client)?,
        }
        if best_effort && let Ok(started) = self.store().load(&order.id) {
            started
                .state
                .skipped
                .iter()
                .for_each(|sentence| (self.warn)(sentence));
        }
        Ok(())
    }
}
