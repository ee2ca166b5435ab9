//! The figures of the Overview over time, CPU and memory with their handles.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::super::canvas::{Canvas, row};
use super::super::dials;
use super::Subject;
use crate::record::Record;
use crate::spec::format_bytes;
use crate::stats::Figure;
use crate::tui::model::{Knob, Model};
use crate::tui::widget::Graph;
use crate::tui::wording::{NOT_AVAILABLE, cap_percent, grouped, percent};

/// The figures shown besides CPU and memory, the most important first.
const FIGURES: [(Figure, &str); 7] = [
    (Figure::Pids, "Processes"),
    (Figure::Write, "Disk written"),
    (Figure::Read, "Disk read"),
    (Figure::PsiCpu, "Waiting for a CPU"),
    (Figure::PsiMemory, "Waiting for memory"),
    (Figure::PsiIo, "Waiting for the disk"),
    (Figure::Throttled, "Throttled"),
];

/// The figures of `record` that have a history, and are not always zero.
pub(super) fn figures(model: &Model, record: &Record) -> Vec<Figure> {
    let Some(series) = model.history.series(&record.spec.id) else {
        return Vec::new();
    };
    let recent = series.last().saturating_sub(RECENT)..=series.last();
    let any = |figure: &Figure| {
        let mut values = recent.clone().rev();
        values.any(|tick| series.value(*figure, tick).is_some_and(|value| value > 0.0))
    };
    let all = FIGURES.into_iter().map(|(figure, _)| figure);
    all.filter(any).collect()
}

/// How far back a figure must have had a value to be shown, in ticks.
const RECENT: u64 = 120;

/// CPU, with its handle.
pub(super) fn cpu(canvas: &mut Canvas<'_>, area: Rect, subject: &Subject<'_>) {
    let used = match subject.reading.as_ref().and_then(|r| r.cpu_cores) {
        Some(cores) => format!("{} of a core", percent(cores)),
        None if !subject.alive => String::new(),
        None => "n/a: needs two samples".into(),
    };
    let record = subject.record;
    let limits = canvas
        .model
        .handles
        .limits(&record.spec.id, &record.spec.limits);
    let cap = limits.cpu.map(|cpu| cpu.cores());
    let area = dial(canvas, area, Knob::Cpu, subject);
    let curve = Curve {
        name: "CPU",
        used: &used,
        figure: Figure::Cpu,
        limit: cap,
        style: canvas.theme.cpu,
    };
    graph(canvas, area, subject, &curve, cap_percent);
}

/// Memory, with its handle.
pub(super) fn memory(canvas: &mut Canvas<'_>, area: Rect, subject: &Subject<'_>) {
    let used = match subject.reading.as_ref().and_then(|r| r.sample.memory) {
        Some(bytes) => format_bytes(bytes),
        None if !subject.alive => String::new(),
        None => NOT_AVAILABLE.to_owned(),
    };
    let record = subject.record;
    let limits = canvas
        .model
        .handles
        .limits(&record.spec.id, &record.spec.limits);
    let limit = limits.memory.map(|bytes| bytes as f64);
    let area = dial(canvas, area, Knob::Memory, subject);
    let curve = Curve {
        name: "Memory",
        used: &used,
        figure: Figure::Memory,
        limit,
        style: canvas.theme.memory,
    };
    graph(canvas, area, subject, &curve, |top| {
        format_bytes(top as u64)
    });
}

/// Another figure.
pub(super) fn history(canvas: &mut Canvas<'_>, area: Rect, subject: &Subject<'_>, figure: Figure) {
    let name = FIGURES.iter().find(|(other, _)| *other == figure);
    let name = name.map_or("", |(_, name)| *name);
    let words = |value: f64| match figure {
        Figure::Read | Figure::Write => format!("{}/s", format_bytes(value as u64)),
        Figure::PsiCpu | Figure::PsiMemory | Figure::PsiIo => format!("{value:.0}%"),
        Figure::Throttled => percent(value),
        _ => grouped(value as u64),
    };
    let model = canvas.model;
    let series = model.history.series(&subject.record.spec.id);
    let value = series.and_then(|series| series.value(figure, tick(model, subject)));
    let used = value.map_or_else(|| NOT_AVAILABLE.to_owned(), words);
    let curve = Curve {
        name,
        used: &used,
        figure,
        limit: None,
        style: canvas.theme.gauge,
    };
    graph(canvas, area, subject, &curve, words);
}

/// Draws the gauge with its handle in the last row of `area`; returns the rest for caption and
/// graph.
fn dial(canvas: &mut Canvas<'_>, area: Rect, knob: Knob, subject: &Subject<'_>) -> Rect {
    if !subject.alive {
        return area;
    }
    let line = row(area, area.height - 1);
    dials::draw(
        canvas,
        Rect {
            x: line.x + 1,
            width: line.width.saturating_sub(1),
            ..line
        },
        knob,
        subject.record,
        subject.reading.as_ref(),
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

/// The newest tick drawn: of a container that ended, its last one.
fn tick(model: &Model, subject: &Subject<'_>) -> u64 {
    let series = model.history.series(&subject.record.spec.id);
    match series {
        Some(series) if !subject.alive => series.last(),
        _ => model.tick(),
    }
}

/// Draws `curve`; `scale` formats the value at the top of the graph.
fn graph(
    canvas: &mut Canvas<'_>,
    area: Rect,
    subject: &Subject<'_>,
    curve: &Curve<'_>,
    scale: impl Fn(f64) -> String,
) {
    let (model, theme) = (canvas.model, canvas.theme);
    let plot = Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(1),
        height: area.height - 1,
    };
    let ticks = Graph::ticks(plot.width, theme);
    let id = &subject.record.spec.id;
    let values = model
        .history
        .values(id, curve.figure, tick(model, subject), ticks);
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
    if !subject.alive {
        pen.put("before it ended", theme.dim);
    }
    if top > 0.0 {
        pen.put_right(&format!("top {}", scale(top)), theme.dim);
    }
    Graph {
        values: &values,
        top,
        style: curve.style,
    }
    .draw(canvas.buffer, plot, theme);
}
