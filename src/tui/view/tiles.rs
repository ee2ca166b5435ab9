//! The containers as tiles: as many as fit, each with its gauges and a graph of its recent CPU use.
//!
//! ```text
//! ╭─ web ────────────────────────╮╭─ batch ● ────────────────────╮
//! │RUNNING  4m12s         3 pids ││STOPPED                       │
//! │cpu ███▒▒·····   25.0%/25%    ││OOM killed                    │
//! │mem ██········   101M/300M    ││sh -c 'python fill.py'        │
//! │⣀⣀⣤⣶⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿││                              │
//! ╰──────────────────────────────╯╰──────────────────────────────╯
//! ```
//!
//! What is drawn does not grow with the number of containers.

use crate::tui::model::{Target, TileGrid};
use ratatui::layout::Rect;

use super::canvas::{Canvas, row};
use super::curve::Curve;
use super::table;
use crate::record::{Health, Record, Status};
use crate::spec::{format_duration, quote_command};
use crate::stats::Figure;
use crate::tui::row_text;
use crate::tui::sanitise::printable;
use crate::tui::text;
use crate::tui::widget::frame;
use crate::tui::wording::{NOT_AVAILABLE, is_unexpected};

/// Columns for the word before a gauge.
const NAME_COLUMNS: u16 = 4;
/// The most characters of a command that a tile can show.
const COMMAND_CHARS: usize = 300;

/// The fewest columns of a group's name that say something.
const MIN_GROUP: usize = 3;

/// Draws the tiles into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, grid: TileGrid) {
    let model = canvas.model;
    let visible = model.list.visible();
    if visible.is_empty() {
        return table::empty(canvas, area);
    }
    for (place, (number, at)) in
        (0..grid.columns * grid.rows).zip(visible.iter().enumerate().skip(model.list.offset))
    {
        let record = &model.records[*at];
        let (x, y) = (
            (place % grid.columns) as u16 * grid.width,
            (place / grid.columns) as u16 * grid.height,
        );
        let tile = Rect {
            x: area.x + x,
            y: area.y + y,
            width: grid.width,
            height: grid.height,
        };
        draw_tile(canvas, tile, record, number == model.list.row());
        canvas
            .hits
            .add(tile, Target::Container(record.spec.id.clone()));
    }
}

fn draw_tile(canvas: &mut Canvas<'_>, tile: Rect, record: &Record, selected: bool) {
    let theme = canvas.theme;
    let inside = frame(canvas.buffer, tile, "", theme);
    edge(canvas, tile, record, selected);
    let lines = [heading, first, second, third];
    for (line, y) in lines.into_iter().zip(0..inside.height) {
        line(canvas, row(inside, y), record);
    }
}

/// The upper edge: the name, the mark and the group; and a sign for the selected one, which does not depend on
/// colour.
fn edge(canvas: &mut Canvas<'_>, tile: Rect, record: &Record, selected: bool) {
    let theme = canvas.theme;
    let marked = canvas.model.list.marks.contains(&record.spec.id);
    let line = Rect {
        x: tile.x + 2,
        width: tile.width.saturating_sub(4),
        ..row(tile, 0)
    };
    let name = printable(record.spec.name.as_str());
    let room = usize::from(line.width).saturating_sub(if marked { 4 } else { 2 });
    let name = text::truncate(&name, room, theme.symbols.ellipsis);
    let mut pen = canvas.pen(line);
    pen.put(
        &format!(" {name} "),
        if selected {
            theme.selected.patch(theme.title)
        } else {
            theme.title
        },
    );
    if marked {
        pen.symbol(theme.symbols.mark, theme.key)
            .put(" ", theme.key);
    }
    if let Some(group) = record.spec.group() {
        // as much of it as leaves some of the edge
        let room = usize::from(pen.room()).saturating_sub(4);
        let group = text::truncate(&printable(group), room, theme.symbols.ellipsis).into_owned();
        if text::width(&group) >= MIN_GROUP.min(room) && room > 1 {
            canvas
                .pen(line)
                .put_right(&format!(" {group} "), theme.label);
        }
    }
    if selected {
        // the corners stay: the edge is one line
        for y in 1..tile.height.saturating_sub(1) {
            canvas
                .pen(row(tile, y))
                .symbol(theme.symbols.marker, theme.selected);
        }
    }
}

/// State and uptime; pids, or the health check if it fails.
fn heading(canvas: &mut Canvas<'_>, line: Rect, record: &Record) {
    let theme = canvas.theme;
    let (state, style) = table::state(canvas, record, line.width);
    let since = canvas.model.running_since(record);
    let pids = canvas
        .model
        .reading(record)
        .and_then(|reading| reading.sample.pids);
    let uptime = since
        .map(|since| format_duration(canvas.model.moment().duration_since(since).unsigned_abs()));
    let mut pen = canvas.pen(line);
    pen.put(&state, style);
    if let Some(uptime) = uptime {
        pen.skip(2).put(&uptime, theme.dim);
    }
    match record.state.health {
        Some(Health::Unhealthy) if since.is_some() => {
            pen.put_right(Health::Unhealthy.word(), theme.failed)
        }
        _ if since.is_some() => {
            let words = match pids {
                Some(1) => "1 pid".to_owned(),
                Some(count) => format!("{count} pids"),
                None => format!("{NOT_AVAILABLE} pids"),
            };
            pen.put_right(&words, theme.dim)
        }
        _ => &mut pen,
    };
}

/// CPU, or how it ended.
fn first(canvas: &mut Canvas<'_>, line: Rect, record: &Record) {
    let theme = canvas.theme;
    if canvas.model.running_since(record).is_some() {
        let gauge = named(canvas, line, "cpu");
        let reading = canvas.model.reading(record);
        return table::cpu(canvas, gauge, record, reading.as_deref());
    }
    let (words, style) = match &record.state.status {
        Status::Stopped { cause, .. } => (
            row_text::why_not_running(record, canvas.model.moment())
                .into_iter()
                .find(|words| {
                    let fits = text::width(words) <= usize::from(line.width);
                    fits && record.state.is_restarting()
                })
                .unwrap_or_else(|| cause.brief()),
            if is_unexpected(cause) {
                theme.failed
            } else {
                theme.dim
            },
        ),
        Status::Broken { reason } => (printable(reason), theme.failed),
        Status::Created => ("never started".into(), theme.dim),
        Status::Running { .. } | Status::Paused { .. } => (String::new(), theme.dim),
    };
    canvas.pen(line).put(&words, style);
}

/// Memory, or the command.
fn second(canvas: &mut Canvas<'_>, line: Rect, record: &Record) {
    if canvas.model.running_since(record).is_some() {
        let gauge = named(canvas, line, "mem");
        let reading = canvas.model.reading(record);
        return table::memory(canvas, gauge, record, reading.as_deref());
    }
    let command: String = quote_command(&record.spec.argv)
        .chars()
        .take(COMMAND_CHARS)
        .collect();
    let dim = canvas.theme.dim;
    canvas.pen(line).put(&printable(&command), dim);
}

/// The recent CPU use.
fn third(canvas: &mut Canvas<'_>, line: Rect, record: &Record) {
    if canvas.model.running_since(record).is_some() {
        Curve::shown(canvas.model, record, Figure::Cpu).plot(canvas, line);
    }
}

/// Writes the label before a gauge; returns the rest for the gauge.
fn named(canvas: &mut Canvas<'_>, line: Rect, name: &str) -> Rect {
    let label = canvas.theme.label;
    canvas.pen(line).put(name, label);
    Rect {
        x: line.x + NAME_COLUMNS,
        width: line.width.saturating_sub(NAME_COLUMNS),
        ..line
    }
}
