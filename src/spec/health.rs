//! [`HealthCheck`]: a command that checks whether a container works.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::fields::{given, no_nul, number};
use super::{Preset, SpecError, parse_duration};

/// A command run inside at an interval; exit code 0 is healthy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// The shell line.
    pub command: String,
    /// Interval between runs, and the timeout of one, in milliseconds.
    pub interval_ms: u64,
    /// Consecutive failures that make it unhealthy.
    pub retries: u32,
}

impl HealthCheck {
    /// Docker's interval.
    pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(30);
    /// Docker's retries.
    pub const DEFAULT_RETRIES: u32 = 3;

    /// The health check of `request`; `None` without a command.
    pub(super) fn resolve(request: &Preset) -> Result<Option<Self>, SpecError> {
        let Some(command) = given(&request.health_command).map(str::to_owned) else {
            return Ok(None);
        };
        no_nul("health-cmd", std::slice::from_ref(&command))?;
        let interval = request
            .health_interval
            .as_deref()
            .map_or(Ok(Self::DEFAULT_INTERVAL), |t| {
                parse_duration("health-interval", t)
            })?;
        if interval.as_millis() < 100 {
            return Err(SpecError::new(
                "health-interval",
                "less than 100ms would be a load of its own",
            ));
        }
        let retries = number("health-retries", &request.health_retries, 1..=1000)?;
        Ok(Some(Self {
            command,
            interval_ms: u64::try_from(interval.as_millis()).unwrap_or(u64::MAX),
            retries: retries.map_or(Self::DEFAULT_RETRIES, |n| n as u32),
        }))
    }

    /// Time between two runs.
    #[must_use]
    pub fn interval(&self) -> Duration {
        Duration::from_millis(self.interval_ms)
    }
}
