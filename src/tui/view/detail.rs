//! The selected container below the list: its name, then its Overview.

use ratatui::layout::Rect;

use super::canvas::{Canvas, row};
use super::overview;
use crate::tui::sanitise::printable;

/// Draws the selected container into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let line = String::from(theme.symbols.line).repeat(usize::from(area.width));
    canvas.pen(row(area, 0)).put(&line, theme.border);
    let Some(record) = canvas.model.selected() else {
        return;
    };
    let name = format!(" {} ", printable(record.spec.name.as_str()));
    let id = format!("{} ", record.spec.id);
    let mut pen = canvas.pen(row(area, 0));
    pen.skip(1).put(&name, theme.title);
    if record.spec.name.as_str() != record.spec.id.as_str() {
        pen.put(&id, theme.dim);
    }
    let list = &canvas.model.list;
    let place = format!(" row {} of {} ", list.row() + 1, list.visible().len());
    let last = Rect {
        width: area.width.saturating_sub(1),
        ..row(area, 0)
    };
    canvas.pen(last).put_right(&place, theme.dim);
    let inside = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    overview::draw(canvas, inside);
}
