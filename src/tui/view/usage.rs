//! A list of what containers use, with who uses it: images, networks; below it what is known about
//! the selected one.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use super::table;
use crate::inspect::Fact;
use crate::spec::format_duration;
use crate::tui::model::{Target, Used};
use crate::tui::sanitise::printable;
use crate::tui::text;

/// Columns for the name of a fact.
const WHAT: usize = 9;
/// Columns for the state of a container.
const STATE: u16 = 8;
/// Rows below the list at least, where there are that many.
const DETAIL: u16 = 8;

/// What differs from one such list to the other.
pub(super) struct Usage<'a> {
    /// The heading of the first column.
    pub heading: &'a str,
    /// What is known about the selected one.
    pub facts: Vec<Fact>,
    /// A line of explanation at the end.
    pub note: &'a str,
}

/// Draws `usage` into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, usage: &Usage<'_>) {
    let used = canvas.model.used();
    let selected = canvas.model.used_row(&used);
    let rows = usize::from(area.height.saturating_sub(1 + DETAIL).max(1)).min(used.len().max(1));
    list(canvas, area, usage.heading, &used, (selected, rows));
    let top = area.y + 2 + rows as u16;
    let below = Rect {
        y: top,
        height: area.bottom().saturating_sub(top),
        ..area
    };
    match used.get(selected) {
        Some(one) => about(canvas, below, one, usage),
        None => {
            let dim = canvas.theme.dim;
            canvas
                .pen(row(area, 1))
                .skip(1)
                .put("No containers yet.", dim);
        }
    }
}

/// The list, with the selected one in sight.
fn list(
    canvas: &mut Canvas<'_>,
    area: Rect,
    heading: &str,
    used: &[Used],
    (selected, rows): (usize, usize),
) {
    let (model, theme) = (canvas.model, canvas.theme);
    let names: Vec<String> = used.iter().map(|one| printable(&one.name)).collect();
    let widest = names
        .iter()
        .map(|name| text::width(name))
        .max()
        .unwrap_or(0);
    let columns = widest.max(heading.len()).min(usize::from(area.width) / 2);
    canvas.buffer.set_style(row(area, 0), theme.header);
    let heading = format!(" {heading:<columns$}  USED BY");
    canvas.pen(row(area, 0)).put(&heading, theme.header);
    let offset = (selected + 1).saturating_sub(rows);
    let shown = names.iter().zip(used).enumerate().skip(offset).take(rows);
    for (y, (at, (name, one))) in (1..area.height).zip(shown) {
        let alive = |at: &&usize| model.records[**at].state.status.is_alive();
        let running = one.members.iter().filter(alive).count();
        let who: Vec<String> = one
            .members
            .iter()
            .map(|at| printable(model.records[*at].spec.name.as_str()))
            .collect();
        let name = text::truncate(name, columns, theme.symbols.ellipsis);
        let padding = columns - text::width(&name) + 2;
        let line = row(area, y);
        let mut pen = canvas.pen(line);
        if at == selected {
            pen.symbol(theme.symbols.marker, theme.selected);
        } else {
            pen.skip(1);
        }
        pen.put(&name, theme.strong).skip(padding as u16);
        match who.as_slice() {
            [] => pen.put("-", theme.dim),
            who => pen
                .put(&format!("{} ({running} running)  ", who.len()), theme.label)
                .put(&who.join(", "), Style::new()),
        };
        table::ground(canvas, line, at == selected);
        canvas.hits.add(line, Target::Line(at));
    }
}

/// What is known about `one`, and the containers that use it with their states.
fn about(canvas: &mut Canvas<'_>, area: Rect, one: &Used, usage: &Usage<'_>) {
    let (model, theme) = (canvas.model, canvas.theme);
    let mut lines = (0..area.height).map(|y| row(area, y));
    if let Some(line) = lines.next() {
        canvas
            .pen(line)
            .skip(1)
            .put(&printable(&one.name), theme.title);
    }
    for (fact, line) in usage.facts.iter().zip(lines.by_ref()) {
        canvas
            .pen(line)
            .skip(3)
            .put(&format!("{:<WHAT$} ", printable(&fact.what)), theme.label)
            .put(&printable(&fact.value), Style::new());
    }
    let room = lines.len().saturating_sub(3);
    let cut = one.members.len() > room;
    let shown = if cut { room.saturating_sub(1) } else { room };
    for (at, line) in one.members.iter().take(shown).zip(lines.by_ref()) {
        let record = &model.records[*at];
        let (state, style) = table::state(canvas, record, STATE);
        let since = model
            .running_since(record)
            .map(|since| model.moment().duration_since(since).unsigned_abs());
        let since = since.map(format_duration).unwrap_or_default();
        canvas
            .pen(line)
            .skip(3)
            .put(
                &format!("{state:<width$} ", width = usize::from(STATE)),
                style,
            )
            .put(&format!("{since:>7}  "), theme.dim)
            .put(&printable(record.spec.name.as_str()), Style::new());
    }
    if cut && let Some(line) = lines.next() {
        let rest = format!("and {} more", one.members.len() - shown);
        canvas.pen(line).skip(3).put(&rest, theme.dim);
    }
    lines.next();
    if let Some(line) = lines.next() {
        canvas.pen(line).skip(1).put(usage.note, theme.dim);
    }
}
