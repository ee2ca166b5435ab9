//! The sort menu: the columns, with the current one and its direction.
//!
//! ```text
//! ╭─ Sort by ──────────╮
//! │   STATE            │
//! │ ▌ CPU      ▼       │
//! ╰────────────────────╯
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use crate::tui::model::{Column, Target};
use crate::tui::widget::{center, frame};

/// Draws the menu over `area`, with `chosen` under the cursor.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, chosen: Column) {
    let (theme, sort) = (canvas.theme, canvas.model.list.sort);
    let outer = center(area, 24, Column::ALL.len() as u16 + 2);
    let inside = frame(canvas.buffer, outer, "Sort by", theme);
    canvas.hits.add(outer, Target::Nothing);
    for (column, y) in Column::ALL.iter().copied().zip(0..) {
        let line = row(inside, y);
        let style = if column == chosen {
            theme.selected
        } else {
            Style::new()
        };
        canvas.buffer.set_style(line, style);
        let marker = if column == chosen {
            theme.symbols.marker
        } else {
            ' '
        };
        let mut pen = canvas.pen(line);
        pen.symbol(marker, style)
            .put(&format!("{:<9}", column.heading()), style);
        if sort.column == column {
            let order = if sort.descending {
                "most first"
            } else {
                "least first"
            };
            pen.put(&format!(" {order}"), style);
        }
        canvas.hits.add(line, Target::SortBy(column));
    }
}
