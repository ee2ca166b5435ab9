//! The selected container: its recent past in two graphs and its figures in text; when it ended,
//! why.
//!
//! ```text
//!  CPU 25.0% of a core      top 25%   Memory 101M         top 300M
//!  ⣀⣀⣤⣶⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿   ⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣤⣤⣤⣤⣤⣤⣤
//!  ███████▒▒▒▒▒┃─────── F7− F8+  ████████████████───────────
//!  Limits    cpu 25% (weight 256) · memory 300M
//!  Now       throttled 74.8% · peak 140M · swap n/a · OOM kills 0
//!  Command   sh -c 'while true; do :; done'
//! ```

use jiff::Timestamp;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use super::dials;
use super::facts::{
    Fact, NAME_COLUMNS, command, created_facts, current_figures, death_facts, facts, identity,
    limits_text, next_steps,
};
use crate::record::{ExitCause, Record, Status};
use crate::spec::format_bytes;
use crate::stats::{Figure, Reading};
use crate::tui::model::Knob;
use crate::tui::sanitise::printable;
use crate::tui::text;
use crate::tui::widget::Graph;
use crate::tui::wording::{NOT_AVAILABLE, cap_percent, cause_sentence, is_unexpected, percent};

/// Draws the selected container into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let Some(record) = canvas.model.selected() else {
        return;
    };
    let inside = area;
    if canvas.model.running_since(record).is_some() {
        return alive(canvas, inside, record);
    }
    match &record.state.status {
        Status::Running { .. } | Status::Paused { .. } => alive(canvas, inside, record),
        Status::Created => {
            let mut list = created_facts(canvas.model, record);
            list.push(("Next", next_steps(canvas), theme.dim));
            facts(canvas, inside, &list);
        }
        Status::Broken { reason } => {
            let next = "it can be destroyed, nothing else".to_owned();
            facts(
                canvas,
                inside,
                &[
                    ("Broken", printable(reason), theme.failed),
                    ("Next", next, theme.dim),
                ],
            );
        }
        Status::Stopped { cause, since, at } => ended(canvas, inside, record, cause, *since, *at),
    }
}

fn alive(canvas: &mut Canvas<'_>, area: Rect, record: &Record) {
    let reading = canvas.model.reading(record);
    let reading = reading.as_deref();
    let mut list = vec![
        (
            "Limits",
            limits_text(
                canvas,
                &canvas
                    .model
                    .handles
                    .limits(&record.spec.id, &record.spec.limits),
                record,
            ),
            Style::new(),
        ),
        ("Now", current_figures(canvas, reading), Style::new()),
        ("Command", command(record), Style::new()),
    ];
    if area.height >= 10 {
        list.push((
            "Container",
            identity(canvas.model, record),
            canvas.theme.dim,
        ));
    }
    let graphs = area.height.saturating_sub(list.len() as u16);
    if graphs >= 2 {
        let half = area.width / 2;
        let left = Rect {
            width: half - 1,
            height: graphs,
            ..area
        };
        let right = Rect {
            x: area.x + half + 1,
            width: area.width - half - 2,
            height: graphs,
            ..area
        };
        cpu_graph(canvas, left, record, reading);
        memory_graph(canvas, right, record, reading);
    }
    let below = Rect {
        y: area.y + graphs.min(area.height),
        height: area.height - graphs,
        ..area
    };
    facts(canvas, below, &list);
}

fn cpu_graph(canvas: &mut Canvas<'_>, area: Rect, record: &Record, reading: Option<&Reading>) {
    let used = match reading.and_then(|r| r.cpu_cores) {
        Some(cores) => format!("{} of a core", percent(cores)),
        None => "n/a: needs two samples".into(),
    };
    let cap = canvas
        .model
        .handles
        .limits(&record.spec.id, &record.spec.limits)
        .cpu
        .map(|cpu| cpu.cores());
    let area = dial(canvas, area, Knob::Cpu, record, reading);
    let curve = Curve {
        name: "CPU",
        used: &used,
        figure: Figure::Cpu,
        limit: cap,
        style: canvas.theme.cpu,
    };
    graph(canvas, area, record, &curve, |top| {
        format!("top {}", cap_percent(top))
    });
}

fn memory_graph(canvas: &mut Canvas<'_>, area: Rect, record: &Record, reading: Option<&Reading>) {
    let used = reading
        .and_then(|r| r.sample.memory)
        .map_or(NOT_AVAILABLE.to_owned(), format_bytes);
    let limit = canvas
        .model
        .handles
        .limits(&record.spec.id, &record.spec.limits)
        .memory
        .map(|bytes| bytes as f64);
    let area = dial(canvas, area, Knob::Memory, record, reading);
    let curve = Curve {
        name: "Memory",
        used: &used,
        figure: Figure::Memory,
        limit,
        style: canvas.theme.memory,
    };
    graph(canvas, area, record, &curve, |top| {
        format!("top {}", format_bytes(top as u64))
    });
}

/// Draws the gauge with its handle in the last row of `area`; returns the rest for caption and
/// graph.
fn dial(
    canvas: &mut Canvas<'_>,
    area: Rect,
    knob: Knob,
    record: &Record,
    reading: Option<&Reading>,
) -> Rect {
    let line = row(area, area.height - 1);
    dials::draw(
        canvas,
        Rect {
            x: line.x + 1,
            width: line.width.saturating_sub(1),
            ..line
        },
        knob,
        record,
        reading,
    );
    Rect {
        height: area.height - 1,
        ..area
    }
}

/// One figure over time, with its caption.
struct Curve<'a> {
    name: &'a str,
    /// The current value.
    used: &'a str,
    figure: Figure,
    /// The top of the scale; without it the highest value shown sets the scale.
    limit: Option<f64>,
    style: Style,
}

/// Draws `curve` of `record`; `scale` formats the value at the top of the graph.
fn graph(
    canvas: &mut Canvas<'_>,
    area: Rect,
    record: &Record,
    curve: &Curve<'_>,
    scale: impl Fn(f64) -> String,
) {
    let theme = canvas.theme;
    let plot = Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(1),
        height: area.height - 1,
    };
    let ticks = Graph::ticks(plot.width, theme);
    let values =
        canvas
            .model
            .history
            .values(&record.spec.id, curve.figure, canvas.model.tick(), ticks);
    // leave a quarter of headroom above the highest value
    let highest = values
        .iter()
        .copied()
        .filter(|v| !v.is_nan())
        .fold(0.0, f64::max);
    let top = curve.limit.unwrap_or(highest * 1.25);
    let mut pen = canvas.pen(row(area, 0));
    pen.put(&format!(" {} ", curve.name), theme.label)
        .put(curve.used, theme.strong);
    if top > 0.0 {
        pen.put_right(&scale(top), theme.dim);
    }
    Graph {
        values: &values,
        top,
        style: curve.style,
    }
    .draw(canvas.buffer, plot, theme);
}

fn ended(
    canvas: &mut Canvas<'_>,
    area: Rect,
    record: &Record,
    cause: &ExitCause,
    since: Option<Timestamp>,
    at: Timestamp,
) {
    let (model, theme) = (canvas.model, canvas.theme);
    let style = if is_unexpected(cause) {
        theme.error
    } else {
        theme.success
    };
    let width = usize::from(area.width).saturating_sub(NAME_COLUMNS + 2);
    let max_rows = if area.height >= 6 { 2 } else { 1 };
    let sentence = text::wrap_words(
        &cause_sentence(cause),
        width,
        max_rows,
        theme.symbols.ellipsis,
    );
    let mut list: Vec<Fact> = Vec::new();
    for (i, line) in sentence.into_iter().enumerate() {
        list.push((if i == 0 { "Ended" } else { "" }, line, style));
    }
    list.extend(death_facts(model, cause, since, at));
    list.extend(created_facts(model, record));
    list.push(("Next", next_steps(canvas), theme.dim));
    facts(canvas, area, &list);
}
