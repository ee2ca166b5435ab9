//! The history of every figure of one container, one graph each; left and right look back in time
//! here too.
//!
//! ```text
//!  what is kept of the last 10m
//!  CPU 25.0%               Throttled 74.8%
//!  ⣀⣀⣤⣶⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿    ⣀⣀⣤⣶⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿
//!  Memory 101M             Processes 3
//! ```

use ratatui::layout::Rect;

use super::canvas::{Canvas, row};
use crate::record::Record;
use crate::spec::{format_bytes, format_duration};
use crate::stats::Figure;
use crate::tui::model::Model;
use crate::tui::widget::Graph;
use crate::tui::wording::{NOT_AVAILABLE, percent};

/// The title of each graph.
const NAMES: [(Figure, &str); 9] = [
    (Figure::Cpu, "CPU"),
    (Figure::Throttled, "Throttled"),
    (Figure::Memory, "Memory"),
    (Figure::Pids, "Processes"),
    (Figure::Read, "Read"),
    (Figure::Write, "Written"),
    (Figure::PsiCpu, "Waiting for CPU"),
    (Figure::PsiMemory, "Waiting for memory"),
    (Figure::PsiIo, "Waiting for I/O"),
];
/// The fewest columns of a graph.
const MIN_WIDTH: u16 = 26;

/// Draws the graphs of the selected container into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let Some(record) = model.selected() else {
        let text = "No container is selected: its history would be here.";
        canvas.pen(row(area, 1)).skip(2).put(text, theme.dim);
        return;
    };
    let kept = model
        .history
        .age(model.history.oldest())
        .unwrap_or_default();
    let title = format!(" what is kept of the last {}", format_duration(kept));
    canvas.pen(row(area, 0)).put(&title, theme.dim);
    let inside = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    let across = (inside.width / MIN_WIDTH).clamp(1, 3);
    let down = (NAMES.len() as u16).div_ceil(across);
    let (width, height) = (inside.width / across, (inside.height / down).max(1));
    for (n, (figure, name)) in NAMES.into_iter().enumerate() {
        let (column, line) = (n as u16 % across, n as u16 / across);
        let place = Rect {
            x: inside.x + column * width,
            y: inside.y + line * height,
            width,
            height,
        };
        if place.bottom() <= inside.bottom() {
            graph(canvas, place, record, figure, name);
        }
    }
}

fn graph(canvas: &mut Canvas<'_>, area: Rect, record: &Record, figure: Figure, name: &str) {
    let (model, theme) = (canvas.model, canvas.theme);
    let tick = model.tick();
    let now = model
        .history
        .series(&record.spec.id)
        .and_then(|series| series.value(figure, tick));
    let plot = Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height - 1,
    };
    let values = model.history.values(
        &record.spec.id,
        figure,
        tick,
        Graph::ticks(plot.width, theme),
    );
    let highest = values
        .iter()
        .copied()
        .filter(|value| !value.is_nan())
        .fold(0.0, f64::max);
    let top = scale(model, record, figure).unwrap_or(highest * 1.25);
    let mut pen = canvas.pen(Rect {
        width: area.width.saturating_sub(1),
        ..row(area, 0)
    });
    pen.skip(1).put(name, theme.label).put(" ", theme.label);
    pen.put(
        &now.map_or(NOT_AVAILABLE.to_owned(), |value| words(figure, value)),
        theme.strong,
    );
    if top > 0.0 && now.is_some() {
        pen.put_right(&words(figure, top), theme.dim);
    }
    let style = match figure {
        Figure::Memory | Figure::PsiMemory => theme.memory,
        Figure::Throttled => theme.gauge_second,
        _ => theme.cpu,
    };
    Graph {
        values: &values,
        top,
        style,
    }
    .draw(canvas.buffer, plot, theme);
}

/// The value of the upper edge, if it is fixed: the limit or the total.
fn scale(model: &Model, record: &Record, figure: Figure) -> Option<f64> {
    let limits = model.handles.limits(&record.spec.id, &record.spec.limits);
    match figure {
        Figure::Cpu => limits.cpu.map(|cap| cap.cores()),
        Figure::Memory => limits.memory.map(|bytes| bytes as f64),
        Figure::Pids => limits.pids.map(|count| count as f64),
        Figure::PsiCpu | Figure::PsiMemory | Figure::PsiIo => Some(100.0),
        Figure::Throttled
        | Figure::Read
        | Figure::Write
        | Figure::MemoryPeak
        | Figure::OomKills => None,
    }
}

fn words(figure: Figure, value: f64) -> String {
    match figure {
        Figure::Cpu | Figure::Throttled => percent(value),
        Figure::Memory | Figure::MemoryPeak => format_bytes(value as u64),
        Figure::Pids | Figure::OomKills => format!("{value:.0}"),
        Figure::Read | Figure::Write => format!("{}/s", format_bytes(value as u64)),
        Figure::PsiCpu | Figure::PsiMemory | Figure::PsiIo => format!("{value:.1}%"),
    }
}
