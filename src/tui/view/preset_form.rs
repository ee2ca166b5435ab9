//! The form of a preset: one line per field, and the meaning of the focused field below. If not all
//! fit, the lines around that field are shown.
//!
//! ```text
//! ╭─ Preset cpu-quarter ────────────────────────────────────────╮
//! │  Name       cpu-quarter                                     │
//! │ ▌Memory     128                                             │
//! │  …                                                          │
//! │ 128 MB                                                      │
//! ╰─────────────────────────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;

use super::canvas::{Canvas, row};
use super::form::line_edit;
use crate::tui::model::{PresetField, PresetForm, Target};
use crate::tui::sanitise::printable;
use crate::tui::text;
use crate::tui::widget::{center, frame};

const LABEL_COLUMNS: u16 = 12;
/// Lines below the fields, about the focused one.
const BELOW: u16 = 3;

/// Draws the form over `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, form: &PresetForm) {
    let theme = canvas.theme;
    let count = PresetField::ALL.len() as u16;
    let outer = center(
        area,
        area.width.saturating_sub(4).min(84),
        count + BELOW + 2,
    );
    let title = match &form.of {
        Some(name) => format!("Preset {}", printable(name)),
        None => "A new preset".into(),
    };
    let inside = frame(canvas.buffer, outer, &title, theme);
    canvas.hits.add(outer, Target::Nothing);
    let inside = Rect {
        x: inside.x + 1,
        width: inside.width.saturating_sub(2),
        ..inside
    };
    let shown = inside.height.saturating_sub(BELOW).clamp(1, count);
    let at = PresetField::ALL
        .iter()
        .position(|field| *field == form.focus)
        .unwrap_or(0) as u16;
    let first = (at + 1).saturating_sub(shown);
    for (field, y) in PresetField::ALL
        .iter()
        .copied()
        .skip(usize::from(first))
        .zip(0..shown)
    {
        draw_field(canvas, row(inside, y), form, field);
    }
    let below = Rect {
        y: inside.y + shown,
        height: inside.height.saturating_sub(shown),
        ..inside
    };
    let (said, style) = match &form.error {
        Some((_, error)) => (
            format!("{} {}", theme.symbols.failure, printable(error)),
            theme.error,
        ),
        None if form.saving.is_some() => (
            format!("{} writing the config file", theme.symbols.busy),
            theme.pending,
        ),
        None => (printable(&form.meaning(form.focus)), theme.dim),
    };
    let lines = text::wrap_words(
        &said,
        usize::from(below.width),
        usize::from(below.height.saturating_sub(1)),
        theme.symbols.ellipsis,
    );
    for (line, y) in lines.iter().zip(1..) {
        canvas.pen(row(below, y)).put(line, style);
    }
}

fn draw_field(canvas: &mut Canvas<'_>, line: Rect, form: &PresetForm, field: PresetField) {
    let theme = canvas.theme;
    let active = form.focus == field;
    let wrong = matches!(form.error, Some((Some(at), _)) if at == field);
    let marker = if active { theme.symbols.marker } else { ' ' };
    let label = if wrong {
        theme.error
    } else if active {
        theme.strong
    } else {
        theme.label
    };
    canvas
        .pen(line)
        .symbol(marker, theme.key)
        .put(field.label(), label);
    canvas.hits.add(line, Target::PresetField(field));
    let input = Rect {
        x: line.x + LABEL_COLUMNS,
        width: line.width.saturating_sub(LABEL_COLUMNS),
        ..line
    };
    line_edit(canvas, input, form.texts.get(&field), active);
}
