//! A box with a title, drawn over what is below.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};

use super::Pen;
use crate::tui::theme::Theme;

/// The rectangle of at most `width` × `height` in the middle of `area`.
#[must_use]
pub fn center(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect::new(
        area.x + (area.width - width) / 2,
        area.y + (area.height - height) / 2,
        width,
        height,
    )
}

/// Clears `area`, draws a box around it with `title` in its upper edge, and returns the inner area.
pub fn frame(buffer: &mut Buffer, area: Rect, title: &str, theme: &Theme) -> Rect {
    for position in area.intersection(buffer.area).positions() {
        buffer[position].reset();
    }
    let symbols = theme.symbols;
    let inside = usize::from(area.width.saturating_sub(2));
    let line = String::from(symbols.line).repeat(inside);
    let [top_left, top_right, bottom_left, bottom_right] = symbols.corners;
    let row = |y: u16| Rect {
        y,
        height: 1,
        ..area
    };
    let top = format!("{top_left}{line}{top_right}");
    Pen::new(buffer, row(area.y), symbols.ellipsis).put(&top, theme.border);
    if !title.is_empty() {
        let room = Rect {
            x: area.x + 2,
            width: area.width.saturating_sub(4),
            ..row(area.y)
        };
        Pen::new(buffer, room, symbols.ellipsis).put(&format!(" {title} "), theme.title);
    }
    for y in area.y + 1..area.bottom().saturating_sub(1) {
        for x in [area.x, area.right().saturating_sub(1)] {
            let side = Rect::new(x, y, 1, 1);
            Pen::new(buffer, side, symbols.ellipsis).symbol(symbols.upright, theme.border);
        }
    }
    let bottom = format!("{bottom_left}{line}{bottom_right}");
    Pen::new(
        buffer,
        row(area.bottom().saturating_sub(1)),
        symbols.ellipsis,
    )
    .put(&bottom, theme.border);
    area.inner(Margin::new(1, 1))
}
