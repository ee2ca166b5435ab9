//! Messages, at the lower right above the keys, the newest below.
//!
//! ```text
//!                                     ╭──────────────────────╮
//!                                     │ ✓ launched web       │
//!                                     │ ✗ stop db: it is …   │
//!                                     ╰──────────────────────╯
//! ```

use ratatui::layout::Rect;

use super::canvas::{Canvas, row};
use crate::tui::model::{Target, ToastKind};
use crate::tui::text;
use crate::tui::widget::frame;

/// The most rows of one message.
const ROWS: usize = 4;
/// The widest message.
const MAX_WIDTH: usize = 70;

/// Draws the messages into the corner of `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let symbols = theme.symbols;
    let widest = usize::from(area.width).saturating_sub(8).min(MAX_WIDTH);
    let mut lines = Vec::new();
    for toast in model.toasts.shown() {
        let (symbol, style) = match toast.kind {
            ToastKind::Success | ToastKind::Changed => (symbols.success, theme.success),
            ToastKind::Notice => (symbols.dot, theme.warning),
            ToastKind::Error => (symbols.failure, theme.error),
            ToastKind::Progress(_) => (symbols.busy, theme.pending),
        };
        let wrapped = text::wrap_words(&toast.text, widest, ROWS, symbols.ellipsis);
        for (i, line) in wrapped.into_iter().enumerate() {
            lines.push((toast.id, if i == 0 { symbol } else { ' ' }, line, style));
        }
    }
    let max_lines = usize::from(area.height.saturating_sub(2));
    let lines = &lines[lines.len().saturating_sub(max_lines)..];
    let Some(width) = lines.iter().map(|(_, _, line, _)| text::width(line)).max() else {
        return;
    };
    let (width, height) = (width as u16 + 6, lines.len() as u16 + 2);
    let outer = Rect {
        x: area.right().saturating_sub(width + 1),
        y: area.bottom().saturating_sub(height),
        width: width.min(area.width),
        height,
    };
    let inside = frame(canvas.buffer, outer, "", theme);
    for ((id, symbol, line, style), y) in lines.iter().zip(0..) {
        let place = row(inside, y);
        canvas
            .pen(place)
            .skip(1)
            .symbol(*symbol, *style)
            .skip(1)
            .put(line, *style);
        canvas.hits.add(place, Target::Toast(*id));
    }
}
