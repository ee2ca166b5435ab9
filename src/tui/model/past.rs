//! Looking back: every pane shows now, or the same moment of the recent past.

use std::borrow::Cow;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Model;
use crate::record::{Record, Status};
use crate::stats::{HostSample, Reading};

/// A past moment being shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// Its tick.
    pub tick: u64,
    /// Whether the display is frozen at this moment.
    pub frozen: bool,
}

impl Model {
    /// The tick that is shown.
    #[must_use]
    pub fn tick(&self) -> u64 {
        self.past.map_or(self.history.last(), |past| past.tick)
    }

    /// How long ago the moment shown was.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.past
            .and_then(|past| self.history.age(past.tick))
            .unwrap_or_default()
    }

    /// The moment that is shown.
    #[must_use]
    pub fn moment(&self) -> Timestamp {
        match self.past {
            None => self.now,
            Some(_) => self.sampled_at - SignedDuration::try_from(self.age()).unwrap_or_default(),
        }
    }

    /// The figures of `record` at the moment shown; `None` unless it was alive then.
    #[must_use]
    pub fn reading(&self, record: &Record) -> Option<Cow<'_, Reading>> {
        let id = &record.spec.id;
        match self.past {
            // the last sample of an ended container is outdated
            None => self
                .history
                .reading(id)
                .filter(|_| record.state.status.is_alive())
                .map(Cow::Borrowed),
            Some(past) => self
                .history
                .series(id)
                .and_then(|series| series.reading(past.tick))
                .map(Cow::Owned),
        }
    }

    /// Since when it had been running at the moment shown; `None` when it did not run then.
    #[must_use]
    pub fn running_since(&self, record: &Record) -> Option<Timestamp> {
        let moment = self.moment();
        let since = match &record.state.status {
            Status::Running { since, .. } | Status::Paused { since, .. } => Some(*since),
            Status::Stopped { since, at, .. } => {
                since.filter(|_| *at > moment && self.past.is_some())
            }
            Status::Created | Status::Broken { .. } => None,
        };
        since.filter(|since| self.past.is_none() || *since <= moment)
    }

    /// The host's figures at the moment shown.
    #[must_use]
    pub fn host_at_moment(&self) -> Option<&HostSample> {
        match self.past {
            None => self.host.as_ref(),
            Some(past) => self.history.host(past.tick),
        }
    }
}
