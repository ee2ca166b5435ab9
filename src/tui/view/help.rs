//! Every key, as the keymap has them, the shown tab's first. What a read-only screen refuses is
//! grey.
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
use crate::tui::action::Action;
use crate::tui::hit::Target;
use crate::tui::keymap::Context;
use crate::tui::model::Model;
use crate::tui::widget::{center, frame};

/// Columns for the keys of one action, and where there is little room.
const KEYS_COLUMNS: [usize; 2] = [24, 15];
/// As wide as the longest line needs.
const WIDTH: u16 = 78;

/// A heading, or keys and what they do.
enum Line {
    Heading(&'static str),
    Keys(String, Action),
    Blank,
}

fn lines(model: &Model) -> Vec<Line> {
    let first = [model.tab.context(), Context::Global, Context::Everywhere];
    let rest = Context::ALL
        .iter()
        .copied()
        .filter(|context| !first.contains(context));
    let mut lines = Vec::new();
    for context in first.into_iter().chain(rest) {
        if !lines.is_empty() {
            lines.push(Line::Blank);
        }
        lines.push(Line::Heading(context.title()));
        for (action, chords) in model.settings.keymap.listed(context) {
            let keys: Vec<_> = chords.iter().map(ToString::to_string).collect();
            lines.push(Line::Keys(keys.join(" "), action));
        }
    }
    lines
}

/// How many lines help has.
#[must_use]
pub fn help_lines(model: &Model) -> usize {
    lines(model).len()
}

/// How many of them a screen of `size` shows at once.
#[must_use]
pub fn help_rows(size: (u16, u16)) -> usize {
    // the bottom line and the box around it
    usize::from(size.1).saturating_sub(3).max(1)
}

/// Draws help over `area`, scrolled down by `offset` lines.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, offset: usize) {
    let (model, theme) = (canvas.model, canvas.theme);
    let lines = lines(model);
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
            Line::Heading(title) => pen.skip(1).put(title, theme.title),
            Line::Keys(keys, action) => {
                let off = model.settings.read_only && action.changes_something();
                let styles = [(theme.key, Style::new()), (theme.key_off, theme.key_off)];
                let (key_style, help_style) = styles[usize::from(off)];
                pen.skip(3)
                    .put(&format!("{keys:<columns$} "), key_style)
                    .put(action.help(), help_style)
            }
            Line::Blank => continue,
        };
    }
}
