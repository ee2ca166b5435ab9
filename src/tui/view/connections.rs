//! The sockets of a container.

use ratatui::layout::Rect;

use super::canvas::{Canvas, row};

/// Draws them into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let text = match model.selected() {
        None => "No container is selected: its sockets would be here.",
        Some(_) => "Looking…",
    };
    canvas.pen(row(area, 1)).skip(2).put(text, theme.dim);
}
