//! A prompt for one line.
//!
//! ```text
//! ╭─ Save limits and command as the preset ──────╮
//! │ web▁                                         │
//! │ there is a preset of that name already       │
//! ╰──────────────────────────────────────────────╯
//! ```

use ratatui::layout::{Position, Rect};

use super::canvas::{Canvas, row};
use crate::tui::model::{LinePrompt, LinePurpose, Target};
use crate::tui::sanitise::printable;
use crate::tui::text;
use crate::tui::widget::{center, frame};

/// Draws it over `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, prompt: &LinePrompt) {
    let theme = canvas.theme;
    let (title, hint) = match prompt.asked {
        LinePurpose::PresetName => (
            "Save limits and command as the preset",
            "it goes to the end of the config file",
        ),
        LinePurpose::LogFile => (
            "Write the selected lines, else all, to",
            "a new file: one that is there is not written over",
        ),
        LinePurpose::ExportFile => (
            "Write its last ten minutes to",
            "CSV; JSON when the name ends in .json",
        ),
    };
    let outer = center(area, area.width.saturating_sub(4).min(62), 4);
    let inside = frame(canvas.buffer, outer, title, theme);
    canvas.hits.add(outer, Target::Nothing);
    let line = row(inside, 0);
    canvas.buffer.set_style(line, theme.field_active);
    canvas
        .pen(line)
        .skip(1)
        .put(&printable(prompt.line.text()), theme.field_active);
    let before = text::width(&printable(prompt.line.before_cursor())) as u16;
    canvas.cursor = Some(Position::new(
        (line.x + 1 + before).min(line.right().saturating_sub(1)),
        line.y,
    ));
    match &prompt.error {
        Some(error) => canvas.pen(row(inside, 1)).skip(1).put(error, theme.error),
        None => canvas.pen(row(inside, 1)).skip(1).put(hint, theme.dim),
    };
}
