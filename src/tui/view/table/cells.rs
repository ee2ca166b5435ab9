//! The cells of a row.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::super::canvas::Canvas;
use super::gauges;
use crate::record::{Health, Record, Status};
use crate::spec::format_duration;
use crate::stats::{Figure, Reading};
use crate::tui::model::Column;
use crate::tui::row_text::{self, NOTHING};
use crate::tui::sanitise::printable;
use crate::tui::text;
use crate::tui::widget::{Scale, Spark, Unit};
use crate::tui::wording::{NOT_AVAILABLE, is_unexpected};

/// From this share of the time on pressure is high.
const HIGH_PRESSURE: f32 = 40.0;

/// Draws the cells of `record` into `line`, its name set in by `indent` columns.
pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    line: Rect,
    columns: &[(Column, u16)],
    record: &Record,
    indent: usize,
) {
    let reading = canvas.model.reading(record);
    let reading = reading.as_deref();
    let running = canvas.model.running_since(record).is_some();
    let mut x = line.x + 1;
    // where the words end that say why it does not run
    let mut said = if running { Some(line.x) } else { None };
    for (at, (column, width)) in columns.iter().enumerate() {
        let cell = Rect {
            x,
            width: *width,
            ..line
        };
        x += width + 1;
        if !running && column.is_live() {
            if said.is_none() {
                let beside: u16 = columns[at..]
                    .iter()
                    .take_while(|(column, _)| column.is_live())
                    .map(|(_, width)| width + 1)
                    .sum();
                let room = Rect {
                    width: beside - 1,
                    ..cell
                };
                said = Some(why(canvas, room, record));
            } else if said.is_some_and(|end| end <= cell.x) && *column == Column::Uptime {
                since_the_end(canvas, cell, record);
            }
            continue;
        }
        match column {
            Column::Cpu => gauges::cpu(canvas, cell, record, reading),
            Column::Memory => gauges::memory(canvas, cell, record, reading),
            Column::CpuHistory => history(canvas, cell, record),
            Column::Name => {
                let name = printable(record.spec.name.as_str());
                let strong = canvas.theme.strong;
                put(
                    canvas,
                    cell,
                    *column,
                    &format!("{:indent$}{name}", ""),
                    strong,
                );
            }
            _ => words(canvas, cell, *column, record, reading),
        }
    }
}

/// Says why it does not run, in `room`; returns where that ends: the columns up to there have
/// nothing else to say.
fn why(canvas: &mut Canvas<'_>, room: Rect, record: &Record) -> u16 {
    let (model, theme) = (canvas.model, canvas.theme);
    let wordings = row_text::why_not_running(record, model.moment());
    let fits = wordings
        .iter()
        .find(|words| text::width(words) <= usize::from(room.width));
    let style = match &record.state.status {
        Status::Stopped { cause, .. } if is_unexpected(cause) => theme.failed,
        Status::Broken { .. } => theme.failed,
        _ => theme.dim,
    };
    if let Some(words) = fits.or(wordings.last()) {
        canvas.pen(room).put(words, style);
    }
    room.right()
}

fn since_the_end(canvas: &mut Canvas<'_>, cell: Rect, record: &Record) {
    let text = match &record.state.status {
        Status::Stopped { at, .. } => row_text::ago(*at, canvas.model.moment()),
        _ => NOTHING.into(),
    };
    let dim = canvas.theme.dim;
    put(canvas, cell, Column::Uptime, &text, dim);
}

pub(super) fn put(canvas: &mut Canvas<'_>, cell: Rect, column: Column, text: &str, style: Style) {
    let mut pen = canvas.pen(cell);
    if column.is_figure() {
        pen.skip(cell.width.saturating_sub(text::width(text) as u16));
    }
    pen.put(text, style);
}

fn words(
    canvas: &mut Canvas<'_>,
    cell: Rect,
    column: Column,
    record: &Record,
    reading: Option<&Reading>,
) {
    let (theme, spec) = (canvas.theme, &record.spec);
    let plain = |text: String| (text, Style::new());
    let unknown = || (NOT_AVAILABLE.to_owned(), theme.dim);
    let nothing = || (NOTHING.to_owned(), theme.dim);
    let (text, style) = match column {
        Column::State => state(canvas, record, cell.width),
        Column::Pid => match record.state.status.process() {
            Some(process) => (process.pid.to_string(), theme.dim),
            None => nothing(),
        },
        Column::Pids => reading
            .and_then(|r| r.sample.pids)
            .map_or_else(unknown, |count| plain(count.to_string())),
        Column::Uptime => match canvas.model.running_since(record) {
            Some(since) => plain(format_duration(
                canvas.model.moment().duration_since(since).unsigned_abs(),
            )),
            None => nothing(),
        },
        Column::Throttled if record.spec.limits.cpu.is_none() => nothing(),
        Column::Throttled => match reading.and_then(|r| r.throttled) {
            Some(share) if share > 0.0 => (row_text::throttled(share), theme.warning),
            Some(share) => (row_text::throttled(share), theme.dim),
            None => unknown(),
        },
        Column::Pressure => pressure(canvas, reading.and_then(row_text::worst_pressure)),
        Column::Disk => match reading.and_then(|r| r.read_rate.zip(r.write_rate)) {
            Some((read, written)) => plain(row_text::rates(read, written)),
            None => unknown(),
        },
        Column::Network => match reading.and_then(|r| r.rx_rate.zip(r.tx_rate)) {
            Some((received, sent)) => plain(row_text::rates(received, sent)),
            // none of its own: the word for the one it has
            None => (row_text::ports(record).to_owned(), theme.dim),
        },
        Column::Ports => (row_text::ports(record).to_owned(), theme.dim),
        Column::Health => match row_text::health(record) {
            Some(word) => (word.to_owned(), health_style(canvas, record.state.health)),
            None => nothing(),
        },
        Column::Restarts => match record.state.restarts {
            0 => ("0".to_owned(), theme.dim),
            count => plain(count.to_string()),
        },
        Column::Image => (printable(&spec.image), theme.dim),
        Column::Command => plain(row_text::command(record)),
        Column::Labels => (row_text::labels(record), theme.dim),
        Column::Name | Column::Cpu | Column::Memory | Column::CpuHistory => return,
    };
    put(canvas, cell, column, &text, style);
}

/// A pressure, with a colour when it is high.
pub(super) fn pressure(canvas: &Canvas<'_>, worst: Option<(&'static str, f32)>) -> (String, Style) {
    match worst {
        Some((of, share)) if share >= HIGH_PRESSURE => {
            (format!("{of} {share:.0}%"), canvas.theme.warning)
        }
        Some((_, share)) if share < 0.5 => ("0%".to_owned(), canvas.theme.dim),
        Some((of, share)) => (format!("{of} {share:.0}%"), Style::new()),
        None => (NOT_AVAILABLE.to_owned(), canvas.theme.dim),
    }
}

/// The colour of a health.
pub(super) fn health_style(canvas: &Canvas<'_>, health: Option<Health>) -> Style {
    match health {
        Some(Health::Unhealthy) => canvas.theme.failed,
        Some(Health::Healthy) => canvas.theme.running,
        Some(Health::Starting) | None => canvas.theme.dim,
    }
}

/// The action under way, else its state, in at most `width` columns.
pub(in super::super) fn state(canvas: &Canvas<'_>, record: &Record, width: u16) -> (String, Style) {
    let theme = canvas.theme;
    let (mut word, style) = match canvas.model.pending_for(&record.spec.id) {
        Some(pending) if pending.action.id().len() < usize::from(width) => (
            format!("{}{}", pending.action.id(), theme.symbols.busy),
            theme.pending,
        ),
        Some(pending) => (pending.action.id().to_owned(), theme.pending),
        None => canvas.state(record, width),
    };
    // STOP, PAUS: the beginning says enough
    word.truncate(text::fitting(&word, usize::from(width)));
    (word, style)
}

/// The heading of a history of `width` columns: the time that it covers.
pub(super) fn history_heading(canvas: &Canvas<'_>, width: u16) -> String {
    let covered = canvas.model.settings.tick * u32::from(width);
    format!(
        "{} {}",
        Column::CpuHistory.heading(),
        format_duration(covered)
    )
}

/// The recent CPU use.
fn history(canvas: &mut Canvas<'_>, cell: Rect, record: &Record) {
    let model = canvas.model;
    let (id, tick) = (&record.spec.id, model.tick());
    let values = [(); 2].map(|()| model.history.back_from(id, Figure::Cpu, tick));
    let limits = model.handles.limits(id, &record.spec.limits);
    spark(canvas, cell, values, limits.cpu.map(|cpu| cpu.cores()));
}

/// A line of CPU use, scaled to its own highest: the values twice, the newest first, once for the
/// scale.
pub(super) fn spark(
    canvas: &mut Canvas<'_>,
    cell: Rect,
    values: [impl Iterator<Item = f64>; 2],
    limit: Option<f64>,
) {
    let theme = canvas.theme;
    let [first, second] = values;
    let highest = first
        .take(usize::from(cell.width))
        .filter(|value| !value.is_nan())
        .fold(0.0, f64::max);
    Spark {
        scale: Scale::of_data(highest, limit, Unit::Share),
        limit,
        style: theme.cpu,
    }
    .draw(canvas.buffer, cell, second, theme);
}
