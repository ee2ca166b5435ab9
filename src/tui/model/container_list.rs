//! [`ContainerList`]: which containers are shown, in which order, and which one is selected.
//! `update` arranges it; drawing only reads it.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use jiff::Timestamp;

use super::Model;
use super::columns::{Column, Contents};
use crate::record::{Health, Record, Status};
use crate::spec::ContainerId;
use crate::stats::Reading;
use crate::tui::sanitise::printable;
use crate::tui::{row_text, text};

/// The order of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// The sort key; ties stay in order of creation.
    pub column: Column,
    /// Whether to sort descending.
    pub descending: bool,
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

/// Which containers are shown.
#[derive(Debug, Clone, PartialEq)]
pub struct ContainerList {
    /// The selected one.
    pub selected: Option<ContainerId>,
    /// A container to select as soon as it appears.
    pub wanted: Option<ContainerId>,
    /// The containers marked for an action on all of them.
    pub marks: BTreeSet<ContainerId>,
    /// The order.
    pub sort: Sort,
    /// The filter.
    pub filter: String,
    /// The first row on the screen.
    pub offset: usize,
    /// Whether tiles are shown instead of rows.
    pub tiles: bool,
    /// What the rows have to say, column by column.
    pub contents: Contents,
    /// The rows, as indices into the model's records.
    visible: Vec<usize>,
    /// The selected one's row.
    row: usize,
}

impl Default for ContainerList {
    fn default() -> Self {
        Self {
            selected: None,
            wanted: None,
            sort: Sort::by(Column::State),
            marks: BTreeSet::new(),
            filter: String::new(),
            offset: 0,
            tiles: false,
            contents: Contents::default(),
            visible: Vec::new(),
            row: 0,
        }
    }
}

/// The sort key of a row: a figure (missing ones last in both directions) or a text.
#[derive(Debug, PartialEq)]
enum SortKey {
    Figure(Option<f64>),
    Text(String),
}

impl SortKey {
    fn order(&self, other: &Self, descending: bool) -> Ordering {
        let directed = |order: Ordering| if descending { order.reverse() } else { order };
        match (self, other) {
            (Self::Figure(Some(a)), Self::Figure(Some(b))) => directed(a.total_cmp(b)),
            (Self::Figure(a), Self::Figure(b)) => b.is_some().cmp(&a.is_some()),
            (Self::Text(a), Self::Text(b)) => directed(a.cmp(b)),
            _ => Ordering::Equal,
        }
    }
}

fn sort_key(
    column: Column,
    record: &Record,
    reading: Option<&Reading>,
    since: Option<Timestamp>,
    now: Timestamp,
) -> SortKey {
    let sample = |figure: fn(&Reading) -> Option<f64>| SortKey::Figure(reading.and_then(figure));
    match column {
        Column::State => SortKey::Figure(Some(match record.state.status {
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
        Column::Network => SortKey::Figure(None),
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
            SortKey::Figure(since.map(|since| now.duration_since(since).as_secs_f64()))
        }
        Column::Image => SortKey::Text(record.spec.image.clone()),
        Column::Command => SortKey::Text(record.spec.argv.join(" ")),
    }
}

/// What the records at `shown` have to say in each column.
fn contents(model: &Model, shown: &[usize]) -> Contents {
    let mut contents = Contents::default();
    for record in shown.iter().map(|at| &model.records[*at]) {
        let spec = &record.spec;
        contents.note(Column::Name, text::width(&printable(spec.name.as_str())));
        contents.note(Column::Image, text::width(&printable(&spec.image)));
        contents.note(Column::Command, text::width(&row_text::command(record)));
        let mut note = |column, words: &str| {
            if words != row_text::NOTHING {
                contents.note(column, text::width(words));
            }
        };
        note(Column::Labels, &row_text::labels(record));
        note(Column::Ports, row_text::ports(record));
        let mut figure = |column, says: bool| contents.note(column, usize::from(says));
        figure(Column::State, true);
        figure(Column::Health, spec.health.is_some());
        figure(Column::Restarts, record.state.restarts > 0);
        figure(Column::Throttled, spec.limits.cpu.is_some());
        figure(Column::Pid, record.state.status.is_alive());
        let Some(reading) = model.reading(record) else {
            continue;
        };
        for column in [
            Column::Cpu,
            Column::CpuHistory,
            Column::Memory,
            Column::Uptime,
        ] {
            figure(column, true);
        }
        figure(Column::Pids, reading.sample.pids.is_some());
        figure(Column::Pressure, reading.sample.psi.is_some());
        figure(
            Column::Disk,
            reading.sample.io.is_some() || reading.read_rate.is_some(),
        );
    }
    if !contents.is_empty(Column::Health) {
        contents.note(Column::Health, text::width(Health::Unhealthy.word()));
    }
    contents
}

/// Whether the record's name, id, state, image or command contains every word of `filter`, ignoring
/// case.
fn matches(record: &Record, filter: &str) -> bool {
    let spec = &record.spec;
    let shown = [
        spec.name.as_str(),
        spec.id.as_str(),
        record.state.status.word(),
        &spec.image,
        &spec.argv.join(" "),
    ]
    .join("\n")
    .to_lowercase();
    filter
        .split_whitespace()
        .all(|word| shown.contains(&word.to_lowercase()))
}

impl ContainerList {
    /// Filters and sorts again. The selection stays on its container while that is shown, else on
    /// its row.
    pub fn arrange(&mut self, model: &Model) {
        let (records, now) = (&model.records, model.moment());
        let shown = (0..records.len()).filter(|at| matches(&records[*at], &self.filter));
        let mut keyed: Vec<(SortKey, usize)> = shown
            .map(|at| {
                let record = &records[at];
                (
                    sort_key(
                        self.sort.column,
                        record,
                        model.reading(record).as_deref(),
                        model.running_since(record),
                        now,
                    ),
                    at,
                )
            })
            .collect();
        keyed.sort_by(|(a, _), (b, _)| a.order(b, self.sort.descending));
        self.visible = keyed.into_iter().map(|(_, at)| at).collect();
        self.contents = contents(model, &self.visible);
        let row_of = |id: &ContainerId| {
            self.visible
                .iter()
                .position(|at| records[*at].spec.id == *id)
        };
        if let Some(row) = self.wanted.as_ref().and_then(row_of) {
            self.row = row;
            self.wanted = None;
        } else if let Some(row) = self.selected.as_ref().and_then(row_of) {
            self.row = row;
        }
        self.select_row(self.row, records);
    }

    /// Selects the container on `row`, or the last one.
    pub fn select_row(&mut self, row: usize, records: &[Record]) {
        self.row = row.min(self.visible.len().saturating_sub(1));
        self.selected = self
            .visible
            .get(self.row)
            .map(|at| records[*at].spec.id.clone());
    }

    /// Scrolls by the least amount that shows the selected row in `height` rows, without empty rows
    /// below the last.
    pub fn scroll_into_view(&mut self, height: usize) {
        let height = height.max(1);
        self.offset = self
            .offset
            .min(self.row)
            .max((self.row + 1).saturating_sub(height));
        self.offset = self.offset.min(self.visible.len().saturating_sub(height));
    }

    /// The same for a grid of `columns` × `rows` tiles.
    pub fn scroll_tiles_into_view(&mut self, columns: usize, rows: usize) {
        let (columns, rows) = (columns.max(1), rows.max(1));
        let (line, lines) = (self.row / columns, self.visible.len().div_ceil(columns));
        let top = (self.offset / columns)
            .min(line)
            .max((line + 1).saturating_sub(rows));
        self.offset = top.min(lines.saturating_sub(rows)) * columns;
    }

    /// The rows, as indices into the model's records.
    #[must_use]
    pub fn visible(&self) -> &[usize] {
        &self.visible
    }

    /// The selected one's row.
    #[must_use]
    pub fn row(&self) -> usize {
        self.row
    }
}
