//! Containers that share processes, and what one of them could do to the mounts of another.

use std::collections::BTreeMap;

use super::{Error, Manager};
use crate::spec::{ContainerId, ContainerSpec, Userns};

impl Manager {
    /// The containers in the pid namespace that container `with` is in.
    pub(super) fn sharing_processes(
        &self,
        with: &ContainerId,
    ) -> Result<Vec<ContainerSpec>, Error> {
        let records = self.records()?.into_iter();
        let mut specs: Vec<_> = records.map(|record| record.spec).collect();
        let joined: BTreeMap<_, _> = specs
            .iter()
            .filter_map(|spec| Some((spec.id.clone(), spec.pid.container()?.clone())))
            .collect();
        // the owner of the pid namespace that `id` is in; a damaged record may name a circle
        let owner = |id: &ContainerId| {
            let mut owner = id.clone();
            for _ in 0..joined.len() {
                match joined.get(&owner) {
                    Some(next) => owner = next.clone(),
                    None => break,
                }
            }
            owner
        };
        let shared = owner(with);
        specs.retain(|spec| owner(&spec.id) == shared);
        Ok(specs)
    }

    /// Checks before a start what was checked at creation: since then containers were created, and
    /// others brought back from the trash.
    pub(super) fn check_read_only(&self, spec: &ContainerSpec) -> Result<(), Error> {
        spec.check_read_only()?;
        if let (Userns::Auto, Some(with)) = (spec.userns, spec.pid.container()) {
            for other in self.sharing_processes(with)? {
                if other.id != spec.id {
                    spec.check_read_only_beside(&other)?;
                }
            }
        }
        Ok(())
    }
}
