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

/// How much time the History pane shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// As many ticks as there is room for, times this.
    Times(u64),
    /// All that is kept.
    All,
}

impl Span {
    const ALL: [Self; 4] = [Self::Times(1), Self::Times(2), Self::Times(5), Self::All];

    /// The next one, from the last on to the first.
    #[must_use]
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|span| *span == self);
        Self::ALL[at.map_or(0, |at| (at + 1) % Self::ALL.len())]
    }

    /// How many of `kept` ticks each of `room` values stands for.
    #[must_use]
    pub fn per(self, kept: u64, room: u64) -> u64 {
        match self {
            Self::Times(times) => times,
            Self::All if kept <= room => 1,
            // one value less: a bucket may be cut at both ends
            Self::All => kept.div_ceil(room.saturating_sub(1).max(1)),
        }
    }
}

impl Model {
    /// How much time the History pane shows: all while it has the whole screen, unless another was
    /// chosen.
    #[must_use]
    pub fn history_span(&self) -> Span {
        self.span.unwrap_or(if self.frame.zoomed {
            Span::All
        } else {
            Span::Times(1)
        })
    }

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

    /// Why nothing was ever sampled of `record`.
    #[must_use]
    pub fn why_never_sampled(&self, record: &Record) -> &'static str {
        match &record.state.status {
            Status::Running { .. } | Status::Paused { .. } => "not sampled yet",
            Status::Created => "it was never started",
            Status::Stopped { at, .. } if *at >= self.opened_at => "it ended before it was sampled",
            Status::Stopped { .. } => "it ended before this screen was opened",
            Status::Broken { .. } => "its record cannot be read",
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_span_shows_what_it_says() {
        let mut span = Span::Times(1);
        let mut seen = Vec::new();
        for _ in 0..4 {
            seen.push(span.per(600, 100));
            span = span.next();
        }
        assert_eq!((seen.as_slice(), span), (&[1, 2, 5, 7][..], Span::Times(1)));
        assert_eq!(Span::All.per(100, 100), 1);
        for (kept, room) in (1..700).flat_map(|kept| (2..50).map(move |room| (kept, room))) {
            let per = Span::All.per(kept, room);
            // wherever the first of them stands in its bucket
            let most = (kept + per - 2) / per + 1;
            assert!(per == 1 || most <= room, "{kept} in {room}: {per}");
        }
        assert_eq!(Span::All.per(600, 0), 600);
    }
}
