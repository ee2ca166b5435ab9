//! Samples of all running containers.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use super::{Error, Manager, Sampling};
use crate::record::{Record, Store};
use crate::spec::NetworkMode;
use crate::stats::{Sampler, Snapshot, Target};

/// Lists the containers again after so many ticks even without an event: a killed supervisor
/// records none.
const REFRESH_TICKS: u32 = 60;

struct LivingContainers {
    store: Store,
    events: PathBuf,
    seen: Option<(u64, i64)>,
    ticks: u32,
    targets: Vec<Target>,
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
            self.targets = self.living();
        }
        self.sampler.sample(&self.targets)
    }
}

impl LivingContainers {
    fn living(&self) -> Vec<Target> {
        let ids = self.store.ids().unwrap_or_default();
        ids.into_iter()
            .filter_map(|id| self.store.load(&id).ok())
            .filter(|record| record.state.status.is_alive())
            .map(|record| target(&record))
            .collect()
    }
}

/// What is sampled of `record`.
pub(super) fn target(record: &Record) -> Target {
    let process = record.state.status.process();
    let own = record.spec.network == NetworkMode::None;
    Target {
        id: record.spec.id.clone(),
        network: process.filter(|_| own).cloned(),
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
            targets: Vec::new(),
            sampler: Sampler::new(self.runtime.layout.clone(), self.cgroup_parent()),
        }))
    }
}
