//! The selected container's gauges with their handles, one row each above its graphs.
//!
//! ```text
//!  ██████████▒▒▒▒┃──────────  F7− F8+      used and refused of what is allowed, the handle, beyond it
//! ```

use ratatui::layout::Rect;

use super::canvas::Canvas;
use crate::record::Record;
use crate::stats::Reading;
use crate::tui::action::Action;
use crate::tui::model::{Grip, Knob, Target};
use crate::tui::text;
use crate::tui::widget::Dial;

/// Draws the gauge of `knob` into the first row of `area`.
pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    knob: Knob,
    record: &Record,
    reading: Option<&Reading>,
) {
    let (model, theme) = (canvas.model, canvas.theme);
    let focused = model.handles.focus == knob;
    let hint = if focused && model.past.is_none() && !model.settings.read_only {
        format!(
            " {}\u{2212} {}+",
            canvas.key(Action::LimitDown),
            canvas.key(Action::LimitUp)
        )
    } else {
        String::new()
    };
    let hint = if theme.symbols.braille {
        hint
    } else {
        hint.replace('\u{2212}', "-")
    };
    let width = area.width.saturating_sub(text::width(&hint) as u16);
    let bar = Rect {
        width,
        height: area.height.min(1),
        ..area
    };
    let limit = knob.value(&model.handles.limits(&record.spec.id, &record.spec.limits));
    let cores = reading.and_then(|r| r.cpu_cores);
    let (used, refused) = match knob {
        Knob::Cpu => (
            cores.map(|cores| cores * 1_000.0),
            refused(reading).unwrap_or(0.0),
        ),
        Knob::Memory => (
            reading
                .and_then(|r| r.sample.memory)
                .map(|bytes| bytes as f64),
            0.0,
        ),
    };
    let scale = match &model.handles.grip {
        // the scale of a dragged handle must not change
        Some(grip) if grip.knob == knob => grip.scale,
        _ => knob.scale(limit, used.unwrap_or(0.0) as u64, model.host_total(knob)),
    };
    let share = |value: f64| value / scale.max(1) as f64;
    let dial = Dial {
        used: used.map(share),
        refused: share(used.unwrap_or(0.0) * refused),
        limit: limit.map(|limit| share(limit as f64)),
        focused,
        moving: model
            .handles
            .wanted
            .as_ref()
            .is_some_and(|w| w.id == record.spec.id && Knob::of(w.change) == knob),
    };
    dial.draw(canvas.buffer, bar, theme);
    canvas.hits.add(
        bar,
        Target::Gauge(Grip {
            knob,
            left: bar.x,
            width,
            scale,
        }),
    );
    let rest = Rect {
        x: area.x + width,
        width: area.width - width,
        ..bar
    };
    canvas.pen(rest).put(&hint, theme.dim);
}

/// The share of the demanded CPU time that the cap refused.
#[must_use]
pub(super) fn refused(reading: Option<&Reading>) -> Option<f64> {
    match reading.and_then(|r| r.cpu_cores.zip(r.throttled)) {
        Some((cores, throttled)) if throttled > 0.0 => Some(throttled / (throttled + cores)),
        _ => None,
    }
}
