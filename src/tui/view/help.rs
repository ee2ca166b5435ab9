//! Every key of the keymap, the shown tab's first. What a read-only screen refuses is grey.
//!
//! ```text
//! ╭─ Keys ───────────────────────────────────────╮
//! │ Containers tab                               │
//! │   S              start it again from …       │
//! ╰──────────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use crate::tui::model::{HelpLine, Target, help_rows};
use crate::tui::widget::{center, frame};

/// Columns for the keys of one action, in a wide and a narrow screen.
const KEYS_COLUMNS: [usize; 2] = [24, 15];
/// As wide as the longest line needs.
const WIDTH: u16 = 78;

/// Draws help over `area`, scrolled down by `offset` lines.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, offset: usize) {
    let (model, theme) = (canvas.model, canvas.theme);
    let lines = model.help_lines();
    let rows = help_rows(canvas.model.size);
    let last = lines.len().min(offset + rows);
    let title = if rows < lines.len() {
        format!("Keys, lines {} to {last} of {}", offset + 1, lines.len())
    } else {
        "Keys".into()
    };
    let outer = center(
        area,
        area.width.saturating_sub(2).min(WIDTH),
        lines.len().min(rows) as u16 + 2,
    );
    let inside = frame(canvas.buffer, outer, &title, theme);
    canvas.hits.add(outer, Target::Nothing);
    let columns = KEYS_COLUMNS[usize::from(outer.width < WIDTH)];
    for (line, y) in lines.iter().skip(offset).zip(0..inside.height) {
        let mut pen = canvas.pen(row(inside, y));
        match line {
            HelpLine::Heading(title) => pen.skip(1).put(title, theme.title),
            HelpLine::Keys(keys, action) => {
                let off = model.settings.read_only && action.changes_something();
                let styles = [(theme.key, Style::new()), (theme.key_off, theme.key_off)];
                let (key_style, help_style) = styles[usize::from(off)];
                pen.skip(3)
                    .put(&format!("{keys:<columns$} "), key_style)
                    .put(action.help(), help_style)
            }
            HelpLine::Blank => continue,
        };
    }
}
