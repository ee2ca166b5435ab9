//! The first-start hint: three lines, above the bottom line, until the first key.
//!
//! ```text
//! ╭─ Welcome ───────────────────────────────────────────────────────╮
//! │ r runs something   s stops it   u takes that back               │
//! │ …                                                               │
//! ╰─────────────────────────────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use crate::tui::action::Action;
use crate::tui::model::Target;
use crate::tui::text;
use crate::tui::widget::frame;

/// The lines: each a list of actions with what is said of them.
const LINES: [&[(Action, &str)]; 3] = [
    &[
        (Action::Run, "runs something"),
        (Action::Stop, "stops it"),
        (Action::Undo, "takes that back"),
        (Action::Destroy, "destroys it"),
    ],
    &[
        (Action::Logs, "shows its log"),
        (Action::Shell, "a shell in it"),
        (Action::NextPane, "the next pane"),
        (Action::Zoom, "all of it"),
    ],
    &[
        (Action::Help, "shows every key"),
        (Action::Palette, "finds any action"),
        (Action::Dismiss, "goes back"),
        (Action::Quit, "quits"),
    ],
];

/// Draws the hint at the bottom of `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let lines = LINES.map(|line| {
        let parts = line
            .iter()
            .map(|(action, says)| (canvas.key(*action), *says));
        parts.filter(|(key, _)| !key.is_empty()).collect::<Vec<_>>()
    });
    let width = |parts: &Vec<(String, &str)>| {
        let columns = parts
            .iter()
            .map(|(key, says)| text::width(key) + text::width(says) + 4);
        columns.sum::<usize>()
    };
    let widest = lines.iter().map(width).max().unwrap_or(0) as u16;
    let (width, height) = (widest + 2, lines.len() as u16 + 2);
    let outer = Rect {
        x: area.x,
        y: area.bottom().saturating_sub(height),
        width: width.min(area.width),
        height: height.min(area.height),
    };
    let inside = frame(canvas.buffer, outer, "Welcome", theme);
    canvas.hits.add(outer, Target::Nothing);
    for (parts, y) in lines.iter().zip(0..) {
        let mut pen = canvas.pen(row(inside, y));
        for (key, says) in parts {
            if text::width(key) + text::width(says) + 3 > usize::from(pen.room()) {
                break;
            }
            pen.skip(1)
                .put(key, theme.key)
                .skip(1)
                .put(says, Style::new())
                .skip(2);
        }
    }
}
