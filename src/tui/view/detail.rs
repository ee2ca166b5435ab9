//! The selected container: its recent past in two graphs and its figures in text; when it ended,
//! why.
//!
//! ```text
//!  CPU 25.0% of a core 0–25% (limit)  Memory 101M  0–200M, limit 300M
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
use super::curve::Curve;
use super::dials;
use super::facts::{
    Fact, NAME_COLUMNS, command, created_facts, current_figures, death_facts, facts, identity,
    limits_text, next_steps,
};
use crate::record::{ExitCause, Record, Status};
use crate::stats::{Figure, Reading};
use crate::tui::model::Knob;
use crate::tui::sanitise::printable;
use crate::tui::text;
use crate::tui::wording::{cause_sentence, is_unexpected};

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
            x: area.x + 1,
            width: half - 2,
            height: graphs,
            ..area
        };
        let right = Rect {
            x: area.x + half + 2,
            width: area.width - half - 3,
            height: graphs,
            ..area
        };
        let halves = [
            (left, Knob::Cpu, Figure::Cpu),
            (right, Knob::Memory, Figure::Memory),
        ];
        for (half, knob, figure) in halves {
            let above = dial(canvas, half, knob, record, reading);
            Curve::shown(canvas.model, record, figure).draw(canvas, above);
        }
    }
    let below = Rect {
        y: area.y + graphs.min(area.height),
        height: area.height - graphs,
        ..area
    };
    facts(canvas, below, &list);
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
    dials::draw(canvas, line, knob, record, reading);
    Rect {
        height: area.height - 1,
        ..area
    }
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
