//! [`Record`]: the spec and the state of one container.

use super::{State, Unapplied};
use crate::spec::ContainerSpec;

/// One container, for the list, the screen and the commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// `spec.json`: written once.
    pub spec: ContainerSpec,
    /// `state.json`: changes.
    pub state: State,
}

impl Record {
    /// What it was last started without, one sentence each: skipped limits, and the host's security
    /// module.
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
