//! The figures of the Overview over time, CPU and memory with their handles.

use ratatui::layout::Rect;

use super::super::canvas::{Canvas, row};
use super::super::curve::Curve;
use super::super::dials;
use super::Subject;
use crate::record::Record;
use crate::stats::Figure;
use crate::tui::model::{Knob, Model};

/// The figures shown besides CPU and memory, the most important first.
const FIGURES: [Figure; 9] = [
    Figure::Pids,
    Figure::NetRx,
    Figure::NetTx,
    Figure::Write,
    Figure::Read,
    Figure::PsiCpu,
    Figure::PsiMemory,
    Figure::PsiIo,
    Figure::Throttled,
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
    FIGURES.into_iter().filter(any).collect()
}

/// How far back a figure must have had a value to be shown, in ticks.
const RECENT: u64 = 120;

/// CPU, with its handle.
pub(super) fn cpu(canvas: &mut Canvas<'_>, area: Rect, subject: &Subject<'_>) {
    let area = dial(canvas, area, Knob::Cpu, subject);
    history(canvas, area, subject, Figure::Cpu);
}

/// Memory, with its handle.
pub(super) fn memory(canvas: &mut Canvas<'_>, area: Rect, subject: &Subject<'_>) {
    let area = dial(canvas, area, Knob::Memory, subject);
    history(canvas, area, subject, Figure::Memory);
}

/// Another figure.
pub(super) fn history(canvas: &mut Canvas<'_>, area: Rect, subject: &Subject<'_>, figure: Figure) {
    let inside = Rect {
        x: area.x + 1,
        width: area.width.saturating_sub(1),
        ..area
    };
    let curve = if subject.alive {
        Curve::shown(canvas.model, subject.record, figure)
    } else {
        Curve::ended(canvas.model, subject.record, figure)
    };
    curve.draw(canvas, inside);
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
