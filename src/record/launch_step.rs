//! [`LaunchStep`]: one step of a launch, and when it was done.

use serde::{Deserialize, Serialize};

/// One step of a launch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchStep {
    /// What was done.
    pub name: String,
    /// When it was done, in microseconds since the launch began.
    pub done_usec: u64,
}

impl LaunchStep {
    /// How long each of `steps` took, in microseconds: from the end of the one before to its own.
    #[must_use]
    pub fn durations(steps: &[Self]) -> Vec<u64> {
        let begins = std::iter::once(0).chain(steps.iter().map(|step| step.done_usec));
        steps
            .iter()
            .zip(begins)
            .map(|(step, begin)| step.done_usec.saturating_sub(begin))
            .collect()
    }
}
