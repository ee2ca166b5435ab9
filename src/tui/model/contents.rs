//! [`Contents`]: what the rows of the list have to say, column by column.

use std::collections::BTreeMap;

use super::Model;
use super::groups::Group;
use crate::config::Column;
use crate::record::Health;
use crate::tui::sanitise::printable;
use crate::tui::wording::cap_percent;
use crate::tui::{row_text, text};

/// Columns by which the containers of a group are set in below its head.
pub const INDENT: usize = 2;

/// Columns of the CPU figures with a limit of so many cores: those of any use, so that columns do
/// not move with it.
fn cpu_columns(limit: Option<f64>) -> usize {
    const ANY_USE: usize = "99.9%/".len();
    ANY_USE + limit.map_or("host".len(), |cores| cap_percent(cores).len())
}

/// What the rows of the list have to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents(BTreeMap<Column, u16>);

impl Contents {
    /// What the records at `shown`, in these groups, have to say.
    pub(super) fn of(model: &Model, shown: &[usize], groups: &[Group]) -> Self {
        let mut contents = Self::default();
        for record in shown.iter().map(|at| &model.records[*at]) {
            let spec = &record.spec;
            let indent = if spec.group().is_some() && !groups.is_empty() {
                INDENT
            } else {
                0
            };
            let name = text::width(&printable(spec.name.as_str()));
            contents.note(Column::Name, name + indent);
            let limits = model.handles.limits(&spec.id, &spec.limits);
            contents.note(Column::Cpu, cpu_columns(limits.cpu.map(|cpu| cpu.cores())));
            contents.note(Column::Image, text::width(&printable(&spec.image)));
            contents.note(Column::Command, text::width(&row_text::command(record)));
            let mut note = |column, words: &str| {
                if words != row_text::NOTHING {
                    contents.note(column, text::width(words));
                }
            };
            note(Column::Labels, &row_text::labels(record));
            note(Column::Ports, row_text::ports(record));
            let state = text::width(row_text::state(record, u16::MAX));
            contents.note(Column::State, state);
            let mut figure = |column, says: bool| contents.note(column, usize::from(says));
            figure(Column::Health, spec.health.is_some());
            figure(Column::Restarts, record.state.restarts > 0);
            figure(Column::Throttled, spec.limits.cpu.is_some());
            figure(Column::Pid, record.state.status.is_alive());
            let Some(reading) = model.reading(record) else {
                continue;
            };
            for column in [Column::CpuHistory, Column::Memory, Column::Uptime] {
                figure(column, true);
            }
            figure(Column::Pids, reading.sample.pids.is_some());
            figure(Column::Pressure, reading.sample.psi.is_some());
            figure(Column::Network, reading.rx_rate.is_some());
            figure(
                Column::Network,
                reading.traffic.is_some() || reading.rx_rate.is_some(),
            );
            figure(
                Column::Disk,
                reading.sample.io.is_some() || reading.read_rate.is_some(),
            );
        }
        for group in groups {
            let name = text::width(&row_text::group_name(
                group.name.as_str(),
                group.members.len(),
            ));
            contents.note(Column::Name, name + INDENT);
            contents.note(Column::Cpu, cpu_columns(group.sums.cpu_limit));
        }
        if !contents.is_empty(Column::Health) {
            contents.note(Column::Health, text::width(Health::Unhealthy.word()));
        }
        contents
    }

    /// Some row has `width` columns to say in `column`.
    pub fn note(&mut self, column: Column, width: usize) {
        let width = u16::try_from(width).unwrap_or(u16::MAX);
        let longest = self.0.entry(column).or_default();
        *longest = width.max(*longest);
    }

    /// The columns that the longest text in `column` takes.
    #[must_use]
    pub fn longest(&self, column: Column) -> u16 {
        self.0.get(&column).copied().unwrap_or(0)
    }

    /// Whether no row says anything in `column`.
    #[must_use]
    pub fn is_empty(&self, column: Column) -> bool {
        self.longest(column) == 0
    }
}
