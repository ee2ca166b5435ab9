//! A list of what containers use, with who uses it: images, networks.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use crate::tui::sanitise::printable;
use crate::tui::text;

/// Things, each with the containers that use it.
pub(super) struct Usage<'a> {
    /// The heading of the first column.
    pub heading: &'a str,
    /// Their names, each with the indices of records.
    pub used: Vec<(String, Vec<usize>)>,
    /// Lines of explanation below.
    pub notes: &'a [&'a str],
}

/// Draws `usage` into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, usage: &Usage<'_>) {
    let (model, theme) = (canvas.model, canvas.theme);
    let names: Vec<String> = usage.used.iter().map(|(name, _)| printable(name)).collect();
    let widest = names
        .iter()
        .map(|name| text::width(name))
        .max()
        .unwrap_or(0);
    let columns = widest
        .max(usage.heading.len())
        .min(usize::from(area.width) / 2);
    canvas.buffer.set_style(row(area, 0), theme.header);
    let heading = format!(" {:<columns$}  USED BY", usage.heading);
    canvas.pen(row(area, 0)).put(&heading, theme.header);
    let mut y = 1;
    for (name, (_, records)) in names.iter().zip(&usage.used) {
        let running = records
            .iter()
            .filter(|at| model.records[**at].state.status.is_alive())
            .count();
        let who: Vec<String> = records
            .iter()
            .map(|at| printable(model.records[*at].spec.name.as_str()))
            .collect();
        let name = text::truncate(name, columns, theme.symbols.ellipsis);
        let padding = columns - text::width(&name) + 2;
        let mut pen = canvas.pen(row(area, y));
        pen.skip(1).put(&name, theme.strong).skip(padding as u16);
        match who.as_slice() {
            [] => pen.put("-", theme.dim),
            who => pen
                .put(&format!("{} ({running} running)  ", who.len()), theme.label)
                .put(&who.join(", "), Style::new()),
        };
        y += 1;
    }
    if usage.used.is_empty() {
        canvas
            .pen(row(area, y))
            .skip(1)
            .put("No containers yet.", theme.dim);
        y += 1;
    }
    for (line, y) in usage.notes.iter().zip(y + 1..) {
        canvas.pen(row(area, y)).skip(1).put(line, theme.dim);
    }
}
