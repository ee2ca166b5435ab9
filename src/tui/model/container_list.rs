//! [`ContainerList`]: which containers are shown, in which order, and which one is selected.
//! `update` arranges it; drawing only reads it.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use jiff::Timestamp;

use strum::VariantArray;

use super::Model;
use crate::record::{Record, Status};
use crate::spec::ContainerId;
use crate::stats::Reading;

/// The columns of the table, left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, VariantArray)]
pub enum Column {
    /// The state.
    State,
    /// The name.
    Name,
    /// The init's pid on the host.
    Pid,
    /// CPU use.
    Cpu,
    /// Memory use.
    Memory,
    /// Processes and threads.
    Pids,
    /// Time since the start.
    Uptime,
    /// The image.
    Image,
    /// The command.
    Command,
}

impl Column {
    /// Every column, left to right.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The heading.
    #[must_use]
    pub fn heading(self) -> &'static str {
        match self {
            Self::State => "STATE",
            Self::Name => "NAME",
            Self::Pid => "PID",
            Self::Cpu => "CPU",
            Self::Memory => "MEMORY",
            Self::Pids => "PIDS",
            Self::Uptime => "UPTIME",
            Self::Image => "IMAGE",
            Self::Command => "COMMAND",
        }
    }

    /// Whether choosing the column sorts descending, as users expect of a figure.
    #[must_use]
    pub fn descends(self) -> bool {
        matches!(self, Self::Cpu | Self::Memory | Self::Pids | Self::Uptime)
    }
}

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
        Column::Cpu => sample(|r| r.cpu_cores),
        Column::Memory => sample(|r| r.sample.memory.map(|bytes| bytes as f64)),
        Column::Pids => sample(|r| r.sample.pids.map(|count| count as f64)),
        Column::Uptime => {
            SortKey::Figure(since.map(|since| now.duration_since(since).as_secs_f64()))
        }
        Column::Image => SortKey::Text(record.spec.image.clone()),
        Column::Command => SortKey::Text(record.spec.argv.join(" ")),
    }
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
