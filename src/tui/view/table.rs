//! The container table: a heading and one row per container.
//!
//! ```text
//!  STATE▲  NAME     PID     CPU               MEMORY            PIDS UPTIME IMAGE  COMMAND
//! ▌RUNNING web      12345   ███▒▒ 25.0%/25%   ██··  101M/300M      3  4m12s host   sh -c 'while…
//!  STOPPED batch          - OOM killed                             -      - host   python fill.py
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use super::dials;
use crate::record::{Record, Status};
use crate::spec::{format_bytes, format_duration, quote_command};
use crate::stats::Reading;
use crate::tui::action::Action;
use crate::tui::model::{Column, Target};
use crate::tui::sanitise::printable;
use crate::tui::widget::Gauge;
use crate::tui::wording::{NOT_AVAILABLE, cap_percent, is_unexpected, percent};

/// Columns for the figures beside a bar: `12.3M/host`.
const LABEL_COLUMNS: u16 = 10;
/// The most characters of a command that a row can show.
const COMMAND_CHARS: usize = 1_000;

/// The columns of a table of this width, with their widths; the command takes the rest.
fn columns(width: u16) -> Vec<(Column, u16)> {
    let beyond = width.saturating_sub(80);
    let gauge = (LABEL_COLUMNS + 5 + beyond / 7).min(36);
    let mut columns = vec![
        (Column::State, if width < 100 { 7 } else { 8 }),
        (Column::Name, (11 + beyond / 8).min(28)),
        (Column::Pid, 7),
        (Column::Cpu, gauge),
        (Column::Memory, gauge),
        (Column::Pids, 4),
        (Column::Uptime, 6),
    ];
    if width >= 100 {
        columns.push((Column::Image, 8));
    }
    if width < 80 {
        // the rest is in the detail strip
        columns.retain(|(column, _)| *column != Column::Pids);
        let others: u16 = columns
            .iter()
            .filter(|(c, _)| !is_gauge(*c))
            .map(|(_, width)| width + 1)
            .sum();
        let gauge = (width.saturating_sub(others + 3)) / 2;
        columns
            .iter_mut()
            .filter(|(c, _)| is_gauge(*c))
            .for_each(|(_, w)| *w = gauge);
    } else {
        let used: u16 = columns.iter().map(|(_, width)| width + 1).sum();
        columns.push((Column::Command, width.saturating_sub(used + 1)));
    }
    columns
}

fn is_gauge(column: Column) -> bool {
    matches!(column, Column::Cpu | Column::Memory)
}

fn is_figure(column: Column) -> bool {
    matches!(column, Column::Pid | Column::Pids | Column::Uptime)
}

/// Draws the table into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let columns = columns(area.width);
    headings(canvas, row(area, 0), &columns);
    let model = canvas.model;
    let rows = Rect {
        y: area.y + 1,
        height: area.height - 1,
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
        let mut text = column.heading().to_owned();
        if sort.column == *column {
            text.push(theme.symbols.order[usize::from(sort.descending)]);
        }
        let mut pen = canvas.pen(cell);
        if is_figure(*column) {
            pen.skip((*width).saturating_sub(text.chars().count() as u16));
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
    if selected {
        canvas.buffer.set_style(line, theme.selected);
        canvas
            .pen(line)
            .symbol(theme.symbols.marker, theme.selected);
    }
    if canvas.model.list.marks.contains(&record.spec.id) {
        canvas.pen(line).symbol(theme.symbols.mark, theme.key);
    }
    let reading = canvas.model.reading(record);
    let reading = reading.as_deref();
    let running = canvas.model.running_since(record).is_some();
    let mut x = line.x + 1;
    for (column, width) in columns {
        let cell = Rect {
            x,
            width: *width,
            ..line
        };
        x += width + 1;
        match (column, &record.state.status) {
            (Column::Cpu, _) if running => cpu(canvas, cell, record, reading),
            (Column::Memory, _) if running => memory(canvas, cell, record, reading),
            (Column::Cpu, Status::Stopped { cause, .. }) => {
                let style = if is_unexpected(cause) {
                    theme.failed
                } else {
                    theme.dim
                };
                canvas.pen(cell).put(&cause.brief(), style);
            }
            (Column::Cpu | Column::Memory, _) => {}
            _ => words(canvas, cell, *column, record, reading),
        }
    }
    // the selected row has one background; bars and text keep their colours
    if selected && let Some(ground) = theme.selected.bg {
        canvas.buffer.set_style(line, Style::new().bg(ground));
    }
}

fn words(
    canvas: &mut Canvas<'_>,
    cell: Rect,
    column: Column,
    record: &Record,
    reading: Option<&Reading>,
) {
    let (theme, spec) = (canvas.theme, &record.spec);
    let since = canvas.model.running_since(record);
    let (text, style) = match column {
        Column::State => state(canvas, record, cell.width),
        Column::Name => (printable(spec.name.as_str()), theme.strong),
        Column::Pid => (
            record
                .state
                .status
                .process()
                .map_or("-".into(), |process| process.pid.to_string()),
            theme.dim,
        ),
        Column::Pids => match reading.and_then(|r| r.sample.pids) {
            Some(count) => (count.to_string(), Style::new()),
            None => (
                if since.is_some() { NOT_AVAILABLE } else { "-" }.to_owned(),
                theme.dim,
            ),
        },
        Column::Uptime => match since {
            Some(since) => (
                format_duration(canvas.model.moment().duration_since(since).unsigned_abs()),
                Style::new(),
            ),
            None => ("-".into(), theme.dim),
        },
        Column::Image => (printable(&spec.image), theme.dim),
        Column::Command => {
            let command: String = quote_command(&spec.argv)
                .chars()
                .take(COMMAND_CHARS)
                .collect();
            (printable(&command), Style::new())
        }
        Column::Cpu | Column::Memory => return,
    };
    let mut pen = canvas.pen(cell);
    if is_figure(column) {
        pen.skip(cell.width.saturating_sub(text.chars().count() as u16));
    }
    pen.put(&text, style);
}

/// The action under way, else its state.
pub(super) fn state(canvas: &Canvas<'_>, record: &Record, width: u16) -> (String, Style) {
    let theme = canvas.theme;
    match canvas.model.pending_for(&record.spec.id) {
        Some(pending) if pending.action.id().len() < usize::from(width) => (
            format!("{}{}", pending.action.id(), theme.symbols.busy),
            theme.pending,
        ),
        Some(pending) => (pending.action.id().to_owned(), theme.pending),
        None => canvas.state(record),
    }
}

/// The CPU gauge with its figures.
pub(super) fn cpu(canvas: &mut Canvas<'_>, cell: Rect, record: &Record, reading: Option<&Reading>) {
    let cap = canvas
        .model
        .handles
        .limits(&record.spec.id, &record.spec.limits)
        .cpu
        .map(|cpu| cpu.cores());
    let host_cores = canvas
        .model
        .host_at_moment()
        .map_or(0, |host| host.cores.len()) as f64;
    let cores = reading.and_then(|r| r.cpu_cores);
    let label = match (cores, cap) {
        (None, _) => NOT_AVAILABLE.to_owned(),
        (Some(cores), Some(cap)) => format!("{}/{}", percent(cores), cap_percent(cap)),
        (Some(cores), None) => format!("{}/host", percent(cores)),
    };
    let scale = cap.unwrap_or(host_cores).max(f64::MIN_POSITIVE);
    let refused = dials::refused(reading).unwrap_or(0.0);
    let gauge = Gauge {
        used: cores.map(|cores| cores / scale),
        second: refused,
        label: &label,
        label_columns: LABEL_COLUMNS,
    };
    gauge.draw(canvas.buffer, cell, canvas.theme);
}

/// The memory gauge with its figures.
pub(super) fn memory(
    canvas: &mut Canvas<'_>,
    cell: Rect,
    record: &Record,
    reading: Option<&Reading>,
) {
    let limit = canvas
        .model
        .handles
        .limits(&record.spec.id, &record.spec.limits)
        .memory;
    let host = canvas
        .model
        .host_at_moment()
        .map_or(0, |host| host.memory_total);
    let used = reading.and_then(|r| r.sample.memory);
    let label = match (used, limit) {
        (None, _) => NOT_AVAILABLE.to_owned(),
        (Some(used), Some(limit)) => format!("{}/{}", format_bytes(used), format_bytes(limit)),
        (Some(used), None) => format!("{}/host", format_bytes(used)),
    };
    let scale = limit.unwrap_or(host).max(1) as f64;
    let gauge = Gauge {
        used: used.map(|used| used as f64 / scale),
        second: 0.0,
        label: &label,
        label_columns: LABEL_COLUMNS,
    };
    gauge.draw(canvas.buffer, cell, canvas.theme);
}
