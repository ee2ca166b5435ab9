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

/// The most rows of what is said below the line.
const ROWS: usize = 3;

/// Draws it over `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, prompt: &LinePrompt) {
    let theme = canvas.theme;
    let name = canvas
        .model
        .record(&prompt.id)
        .map_or("it", |record| record.spec.name.as_str());
    let rename_title = format!("Rename {name} to");
    let (title, hint) = match prompt.asked {
        LinePurpose::PresetName => (
            "Save limits and command as the preset",
            "it goes to the end of the config file",
        ),
        LinePurpose::NewName => (
            rename_title.as_str(),
            "its id, host name and files stay as they are",
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
    let width = area.width.saturating_sub(4).min(62);
    let below = prompt.error.as_deref().unwrap_or(hint);
    let columns = usize::from(width.saturating_sub(4));
    let below = text::wrap_words(below, columns, ROWS, theme.symbols.ellipsis);
    let outer = center(area, width, below.len() as u16 + 3);
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
    let style = if prompt.error.is_some() {
        theme.error
    } else {
        theme.dim
    };
    for (line, y) in below.iter().zip(1..) {
        canvas.pen(row(inside, y)).skip(1).put(line, style);
    }
}
