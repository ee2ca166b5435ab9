//! [`Sort`]: the order of the rows, and the keys by which containers and groups are compared.

use std::cmp::Ordering;

use jiff::Timestamp;

use super::columns::Column;
use crate::record::{Health, Record, Status};
use crate::stats::Reading;
use crate::tui::row_text;

/// The order of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// The sort key; ties stay in order of creation.
    pub column: Column,
    /// Whether to sort descending.
    pub descending: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self::by(Column::State)
    }
}

impl Sort {
    /// By `column`, in its default direction.
    #[must_use]
    pub fn by(column: Column) -> Self {
        Self {
            column,
            descending: column.descends(),
        }
    }
}

/// The sort key of a row: a figure (missing ones last in both directions) or a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum SortKey {
    Figure(Option<f64>),
    Text(String),
}

impl SortKey {
    pub(super) fn order(&self, other: &Self, descending: bool) -> Ordering {
        let directed = |order: Ordering| if descending { order.reverse() } else { order };
        match (self, other) {
            (Self::Figure(Some(a)), Self::Figure(Some(b))) => directed(a.total_cmp(b)),
            (Self::Figure(a), Self::Figure(b)) => b.is_some().cmp(&a.is_some()),
            (Self::Text(a), Self::Text(b)) => directed(a.cmp(b)),
            _ => Ordering::Equal,
        }
    }
}

/// The key of `record`.
pub(super) fn sort_key(
    column: Column,
    record: &Record,
    reading: Option<&Reading>,
    since: Option<Timestamp>,
    now: Timestamp,
) -> SortKey {
    // one in a crash loop stays among those that run
    let restarting = record.state.is_restarting();
    let least = restarting.then_some(0.0);
    let sample =
        |figure: fn(&Reading) -> Option<f64>| SortKey::Figure(reading.and_then(figure).or(least));
    match column {
        Column::State => SortKey::Figure(Some(match record.state.status {
            _ if restarting => 0.0,
            Status::Running { .. } => 0.0,
            Status::Paused { .. } => 1.0,
            Status::Created => 2.0,
            Status::Stopped { .. } => 3.0,
            Status::Broken { .. } => 4.0,
        })),
        Column::Name => SortKey::Text(record.spec.name.as_str().to_lowercase()),
        Column::Pid => SortKey::Figure(
            record
                .state
                .status
                .process()
                .map(|process| f64::from(process.pid)),
        ),
        Column::Cpu | Column::CpuHistory => sample(|r| r.cpu_cores),
        Column::Throttled => sample(|r| r.throttled),
        Column::Pressure => {
            sample(|r| row_text::worst_pressure(r).map(|(_, share)| f64::from(share)))
        }
        Column::Disk => sample(|r| Some(r.read_rate? + r.write_rate?)),
        Column::Network => sample(|r| Some(r.rx_rate? + r.tx_rate?)),
        Column::Ports => SortKey::Text(row_text::ports(record).to_owned()),
        Column::Health => SortKey::Figure(record.state.health.map(|health| match health {
            Health::Unhealthy => 0.0,
            Health::Starting => 1.0,
            Health::Healthy => 2.0,
        })),
        Column::Restarts => SortKey::Figure(Some(f64::from(record.state.restarts))),
        Column::Labels => SortKey::Text(row_text::labels(record)),
        Column::Memory => sample(|r| r.sample.memory.map(|bytes| bytes as f64)),
        Column::Pids => sample(|r| r.sample.pids.map(|count| count as f64)),
        Column::Uptime => {
            let up = since.map(|since| now.duration_since(since).as_secs_f64());
            SortKey::Figure(up.or(least))
        }
        Column::Image => SortKey::Text(record.spec.image.clone()),
        Column::Command => SortKey::Text(record.spec.argv.join(" ")),
    }
}

/// The key of the group `name`, whose containers have `keys` in their order: what is counted is
/// added up, what is a time or a share is that of the highest, and a state that of the first.
pub(super) fn group_key(column: Column, name: &str, keys: &[SortKey]) -> SortKey {
    let figures = || {
        keys.iter().filter_map(|key| match key {
            SortKey::Figure(figure) => *figure,
            SortKey::Text(_) => None,
        })
    };
    match column {
        Column::Name => SortKey::Text(name.to_lowercase()),
        Column::Cpu
        | Column::CpuHistory
        | Column::Memory
        | Column::Network
        | Column::Disk
        | Column::Restarts
        | Column::Pids => SortKey::Figure(figures().reduce(|sum, figure| sum + figure)),
        Column::Throttled | Column::Pressure | Column::Uptime => {
            SortKey::Figure(figures().reduce(f64::max))
        }
        Column::State | Column::Health | Column::Pid => SortKey::Figure(figures().reduce(f64::min)),
        Column::Ports | Column::Image | Column::Command | Column::Labels => {
            keys.first().cloned().unwrap_or(SortKey::Figure(None))
        }
    }
}
