//! [`Record`]: what we know of one container.

use super::{State, Unapplied};
use crate::spec::ContainerSpec;

/// One container as the list, the screen and the verbs see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What to run: `spec.json`.
    pub spec: ContainerSpec,
    /// Where it stands: `state.json`.
    pub state: State,
}

impl Record {
    /// What it was last started without, one sentence each: limits that it was to have, and the
    /// host's security module.
    #[must_use]
    pub fn without(&self) -> Vec<String> {
        self.state
            .skipped
            .iter()
            .cloned()
            .chain(self.state.unconfined.iter().map(Unapplied::to_string))
            .collect()
    }
}
