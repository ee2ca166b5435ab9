//! [`LaunchStep`]: one step of a launch, with its time.

use serde::{Deserialize, Serialize};

/// One step of a launch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchStep {
    /// The step.
    pub name: String,
    /// When it was complete, in microseconds since the launch began.
    pub done_usec: u64,
}

impl LaunchStep {
    /// The duration of each of `steps`, in microseconds.
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
