//! The container table: a heading and one row per container.
//!
//! ```text
//!  STATE▲  NAME     CPU               LAST 30s MEMORY            PIDS UPTIME IMAGE  COMMAND
//! ▌RUNNING web      ███▒▒ 25.0%/25%   ▂▃▅▇▆▅▁▁ ██··  101M/300M      3  4m12s host   sh -c 'while…
//!  STOPPED batch    OOM killed 2m ago, exit 137                              host   python fill.py
//! ```

mod cells;
mod gauges;

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use crate::record::Record;
use crate::tui::action::Action;
use crate::tui::model::{Column, Target};
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
    let visible = model.list.visible();
    if visible.is_empty() {
        empty(canvas, rows);
        return;
    }
    for (y, (number, at)) in
        (0..rows.height).zip(visible.iter().enumerate().skip(model.list.offset))
    {
        let record = &model.records[*at];
        let line = row(rows, y);
        draw_row(canvas, line, &columns, record, number == model.list.row());
        canvas
            .hits
            .add(line, Target::Container(record.spec.id.clone()));
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

fn draw_row(
    canvas: &mut Canvas<'_>,
    line: Rect,
    columns: &[(Column, u16)],
    record: &Record,
    selected: bool,
) {
    let theme = canvas.theme;
    mark(canvas, line, selected);
    if canvas.model.list.marks.contains(&record.spec.id) {
        canvas.pen(line).symbol(theme.symbols.mark, theme.key);
    }
    cells::draw(canvas, line, columns, record);
    ground(canvas, line, selected);
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
