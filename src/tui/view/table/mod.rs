//! The container table: a heading and one row per container.
//!
//! ```text
//!  STATE▲  NAME     CPU               LAST 30s MEMORY            PIDS UPTIME IMAGE  COMMAND
//! ▌RUNNING web      ███▒▒ 25.0%/25%   ▂▃▅▇▆▅▁▁ ██··  101M/300M      3  4m12s host   sh -c 'while…
//!  STOPPED batch    OOM killed 2m ago, exit 137                              host   python fill.py
//!  RUNNING ▾ shop (2) █▌    41.2%/host ▂▂▃▃▃▃▃▃ █▌··  301M/host     12                2 running
//!  RUNNING   cart   …
//! ```

mod cells;
mod gauges;
mod group;

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use crate::record::Record;
use crate::tui::action::Action;
use crate::tui::model::{Column, INDENT, Row, Sort, Target};
use crate::tui::sanitise::printable;
use crate::tui::text;
pub(super) use cells::state;
pub(super) use gauges::{cpu, memory};

/// Draws the table into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let model = canvas.model;
    let columns = model.columns(area.width);
    headings(canvas, row(area, 0), &columns, Some(model.list.sort));
    let rows = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    let all = model.list.rows();
    if all.is_empty() {
        empty(canvas, rows);
        return;
    }
    for (y, (number, what)) in (0..rows.height).zip(all.iter().enumerate().skip(model.list.offset))
    {
        let line = row(rows, y);
        let selected = number == model.list.row();
        mark(canvas, line, selected);
        let target = match what {
            Row::Container(at) => {
                let record = &model.records[*at];
                if model.list.marks.contains(&record.spec.id) {
                    let (symbol, style) = (canvas.theme.symbols.mark, canvas.theme.key);
                    canvas.pen(line).symbol(symbol, style);
                }
                let grouped = record.spec.group().is_some() && !model.list.groups().is_empty();
                let indent = if grouped { INDENT } else { 0 };
                cells::draw(canvas, line, &columns, record, indent);
                Target::Container(record.spec.id.clone())
            }
            Row::Group(at) => {
                let group = &model.list.groups()[*at];
                group::draw(canvas, line, &columns, group);
                Target::Group(group.name.clone())
            }
        };
        ground(canvas, line, selected);
        canvas.hits.add(line, target);
    }
}

/// The columns of a group's containers in its Overview.
const OF_MEMBERS: [Column; 11] = [
    Column::State,
    Column::Name,
    Column::Cpu,
    Column::CpuHistory,
    Column::Memory,
    Column::Network,
    Column::Disk,
    Column::Health,
    Column::Restarts,
    Column::Pids,
    Column::Uptime,
];

/// Draws the first of `members` into `area`, below a heading if it has one.
pub(super) fn members(canvas: &mut Canvas<'_>, area: Rect, members: &[&Record], heading: bool) {
    let columns = canvas.model.columns_of(area.width, &OF_MEMBERS);
    let mut rows = area;
    if heading {
        headings(canvas, row(area, 0), &columns, None);
        rows.y += 1;
        rows.height -= 1;
    }
    for (y, record) in (0..rows.height).zip(members) {
        let line = row(rows, y);
        cells::draw(canvas, line, &columns, record, 0);
        canvas
            .hits
            .add(line, Target::Container(record.spec.id.clone()));
    }
    let left = members.len() - usize::from(rows.height).min(members.len());
    if left > 0 && rows.height > 0 {
        let words = format!(" and {left} more ");
        let last = row(rows, rows.height - 1);
        let style = canvas.theme.label;
        canvas.pen(last).put_right(&words, style);
    }
}

/// The headings, with the order if the list has one; then a click changes it.
fn headings(canvas: &mut Canvas<'_>, line: Rect, columns: &[(Column, u16)], sort: Option<Sort>) {
    let theme = canvas.theme;
    canvas.buffer.set_style(line, theme.header);
    let mut x = line.x + 1;
    for (column, width) in columns {
        let cell = Rect {
            x,
            width: *width,
            ..line
        };
        let mut text = match column {
            Column::CpuHistory => cells::history_heading(canvas, *width),
            _ => column.heading().to_owned(),
        };
        if let Some(sort) = sort.filter(|sort| sort.column == *column) {
            // the sign of the order says more than the heading's last letter
            text.truncate(text::fitting(&text, usize::from(*width).saturating_sub(1)));
            text.push(theme.symbols.order[usize::from(sort.descending)]);
        }
        text.truncate(text::fitting(&text, usize::from(*width)));
        let mut pen = canvas.pen(cell);
        if column.is_figure() {
            pen.skip((*width).saturating_sub(text::width(&text) as u16));
        }
        pen.put(&text, theme.header);
        if sort.is_some() {
            canvas.hits.add(cell, Target::Heading(*column));
        }
        x += width + 1;
    }
}

/// The message when there are no containers to show.
pub(super) fn empty(canvas: &mut Canvas<'_>, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let text = if model.records_read.is_none() {
        "reading the containers".to_owned()
    } else if model.records.is_empty() {
        let (run, presets) = (canvas.key(Action::Run), canvas.key(Action::ShowPresets));
        format!("No containers yet. Press {run} to run one, or {presets} to start from a preset.")
    } else {
        let filter = printable(&model.list.filter);
        format!(
            "None of the {} containers matches {filter:?}. {} shows all.",
            model.records.len(),
            canvas.key(Action::Dismiss)
        )
    };
    canvas.pen(row(area, 1)).skip(2).put(&text, theme.dim);
}

/// The mark of the selected row.
fn mark(canvas: &mut Canvas<'_>, line: Rect, selected: bool) {
    let theme = canvas.theme;
    if selected {
        canvas.buffer.set_style(line, theme.selected);
        canvas
            .pen(line)
            .symbol(theme.symbols.marker, theme.selected);
    }
}

/// The selected row has one background; bars and text keep their colours.
fn ground(canvas: &mut Canvas<'_>, line: Rect, selected: bool) {
    if selected && let Some(ground) = canvas.theme.selected.bg {
        canvas.buffer.set_style(line, Style::new().bg(ground));
    }
}
