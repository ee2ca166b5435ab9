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
use crate::tui::action::Action;
use crate::tui::model::{Column, Row, Target};
use crate::tui::sanitise::printable;
use crate::tui::text;
pub(super) use cells::state;
pub(super) use gauges::{cpu, memory};

/// Draws the table into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let model = canvas.model;
    let columns = model.columns(area.width);
    headings(canvas, row(area, 0), &columns);
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
                cells::draw(canvas, line, &columns, record);
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

fn headings(canvas: &mut Canvas<'_>, line: Rect, columns: &[(Column, u16)]) {
    let (theme, sort) = (canvas.theme, canvas.model.list.sort);
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
        if sort.column == *column {
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
        canvas.hits.add(cell, Target::Heading(*column));
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
pub(super) fn ground(canvas: &mut Canvas<'_>, line: Rect, selected: bool) {
    if selected && let Some(ground) = canvas.theme.selected.bg {
        canvas.buffer.set_style(line, Style::new().bg(ground));
    }
}
