//! A question in the middle of the screen.
//!
//! ```text
//! ╭─ Destroy web? ───────────────────────────────╮
//! │ web (3f2a9c11d0e4) is RUNNING: it is killed  │
//! │ first. Its files and its log are removed.    │
//! │ y Destroy   n Keep it                        │
//! ╰──────────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use super::question_words::{Words, words};
use crate::tui::action::Action;
use crate::tui::model::{Question, Target};
use crate::tui::text;
use crate::tui::widget::{center, frame};

/// The most rows of a paragraph.
const ROWS: usize = 5;

/// Draws the question over `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, question: &Question) {
    let (model, theme) = (canvas.model, canvas.theme);
    let Words {
        title,
        body,
        yes,
        no,
    } = words(model, question);
    let width = area.width.saturating_sub(4).min(62);
    let columns = usize::from(width.saturating_sub(4));
    let lines: Vec<String> = body
        .split('\n')
        .flat_map(|line| text::wrap_words(line, columns, ROWS, theme.symbols.ellipsis))
        .collect();
    let outer = center(area, width, lines.len() as u16 + 4);
    let inside = frame(canvas.buffer, outer, &title, theme);
    canvas.hits.add(outer, Target::Nothing);
    for (line, y) in lines.iter().zip(0..) {
        canvas.pen(row(inside, y)).skip(1).put(line, Style::new());
    }
    let buttons = row(inside, inside.height.saturating_sub(1));
    let mut x = buttons.x + 1;
    for (action, label) in [(Action::Confirm, yes), (Action::Cancel, no)] {
        let key = canvas.key(action);
        let place = Rect {
            x,
            width: buttons.right().saturating_sub(x),
            ..buttons
        };
        let mut pen = canvas.pen(place);
        pen.put(&key, theme.key)
            .put(" ", Style::new())
            .put(label, theme.key_label);
        let end = pen.x();
        canvas.hits.add(
            Rect {
                x,
                width: end - x,
                ..buttons
            },
            Target::Action(action),
        );
        x = end + 3;
    }
}
