//! The connections of a container, and who else uses its network.

use super::error::alive;
use super::{Error, Manager};
use crate::inspect::{self, Connections, Member, Network};
use crate::record::Record;
use crate::spec::{ContainerId, NetworkMode};

/// Maximum length of a chain of containers that join each other's network.
const MAX_CHAIN: usize = 64;

/// Pure: the container whose network `record` uses, found among `others`, itself if it has its own;
/// `None` when that is the host's.
fn owner(record: &Record, others: impl Fn(&ContainerId) -> Option<Record>) -> Option<Record> {
    let mut found = record.clone();
    for _ in 0..MAX_CHAIN {
        match &found.spec.network {
            NetworkMode::None => return Some(found),
            NetworkMode::Host => return None,
            NetworkMode::Container(id) => match others(id) {
                Some(next) => found = next,
                // it was destroyed, and its network lives on in those that joined it
                None => return Some(found),
            },
        }
    }
    Some(found)
}

impl Manager {
    pub(super) fn look_at_connections(&self, id: &ContainerId) -> Result<Connections, Error> {
        let record = self.load(id)?;
        let process = alive(&record, "connections")?;
        let owner_of = |record: &Record| owner(record, |id| self.store().load(id).ok());
        let found = owner_of(&record);
        let network = match &found {
            None => Network::Host,
            Some(owner) if owner.spec.id == *id => Network::Own,
            Some(owner) => Network::Of(owner.spec.name.clone()),
        };
        let others = || {
            let same = |other: &Record| {
                other.spec.id != *id
                    && other.state.status.is_alive()
                    && owner_of(other).map(|owner| owner.spec.id)
                        == found.as_ref().map(|owner| owner.spec.id.clone())
            };
            let ids = self.store().ids().unwrap_or_default();
            ids.iter()
                .filter_map(|id| self.store().load(id).ok())
                .filter(same)
                .map(|other| Member {
                    cgroup: self.cgroup(&other.spec.id),
                    name: Some(other.spec.name),
                })
                .collect()
        };
        Ok(inspect::connections(
            process,
            network,
            self.cgroup(id),
            others,
        )?)
    }
}
