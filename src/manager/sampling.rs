//! Samples of all running containers.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use super::{Error, Manager, Sampling};
use crate::record::Store;
use crate::spec::ContainerId;
use crate::stats::{Sampler, Snapshot};

/// Lists the containers again after so many ticks even without an event: a killed supervisor
/// records none.
const REFRESH_TICKS: u32 = 60;

struct LivingContainers {
    store: Store,
    events: PathBuf,
    seen: Option<(u64, i64)>,
    ticks: u32,
    ids: Vec<ContainerId>,
    sampler: Sampler,
}

impl Sampling for LivingContainers {
    fn sample(&mut self) -> Snapshot {
        let now = std::fs::metadata(&self.events)
            .ok()
            .map(|m| (m.len(), m.mtime_nsec()));
        self.ticks += 1;
        if now != self.seen || self.ticks >= REFRESH_TICKS {
            (self.seen, self.ticks) = (now, 0);
            self.ids = self.living();
        }
        self.sampler.sample(&self.ids)
    }
}

impl LivingContainers {
    fn living(&self) -> Vec<ContainerId> {
        let ids = self.store.ids().unwrap_or_default();
        ids.into_iter()
            .filter(|id| self.store.load(id).is_ok_and(|r| r.state.status.is_alive()))
            .collect()
    }
}

impl Manager {
    /// A sampler of the host and all running containers.
    ///
    /// # Errors
    /// None at present: a host without cgroups is refused when the manager is opened.
    pub fn sampler(&self) -> Result<Box<dyn Sampling>, Error> {
        Ok(Box::new(LivingContainers {
            store: self.store().clone(),
            events: self.store().events(),
            seen: None,
            ticks: 0,
            ids: Vec::new(),
            sampler: Sampler::new(self.runtime.layout.clone(), self.cgroup_parent()),
        }))
    }
}
