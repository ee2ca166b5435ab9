//! The figures of the Overview over time, CPU and memory with their handles.

use ratatui::layout::{Margin, Rect};

use super::super::canvas::{Canvas, row};
use super::super::curve::Curve;
use super::super::dials;
use super::Subject;
use crate::record::Record;
use crate::stats::Figure;
use crate::tui::model::{Knob, Model};

/// The figures shown besides CPU and memory, the most important first.
const FIGURES: [Figure; 9] = [
    Figure::NetRx,
    Figure::NetTx,
    Figure::Read,
    Figure::Write,
    Figure::Pids,
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

/// The figure of `knob`, with its handle in the last row while it is alive.
pub(super) fn handled(canvas: &mut Canvas<'_>, area: Rect, subject: &Subject<'_>, knob: Knob) {
    let figure = match knob {
        Knob::Cpu => Figure::Cpu,
        Knob::Memory => Figure::Memory,
    };
    if !subject.alive {
        return history(canvas, area, subject, figure);
    }
    let line = inset(row(area, area.height - 1));
    let reading = subject.reading.as_ref();
    dials::draw(canvas, line, knob, subject.record, reading);
    let above = Rect {
        height: area.height - 1,
        ..area
    };
    history(canvas, above, subject, figure);
}

/// `figure` up to the moment shown, or up to the container's end.
pub(super) fn history(canvas: &mut Canvas<'_>, area: Rect, subject: &Subject<'_>, figure: Figure) {
    let (model, record) = (canvas.model, subject.record);
    let curve = if subject.alive {
        Curve::shown(model, record, figure)
    } else {
        Curve::ended(model, record, figure)
    };
    curve.draw(canvas, inset(area));
}

/// `area` without its first column and its last.
fn inset(area: Rect) -> Rect {
    area.inner(Margin::new(1, 0))
}
