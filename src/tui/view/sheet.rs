//! Facts in sections, each with a rating: the isolation of a container, and the host.
//!
//! ```text
//! Namespaces
//!   ok    pid             4026532281   its own; the host's is 4026531836
//!   weak  user            4026531837   shared: root inside is root outside
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use crate::inspect::{Judgement, Sheet};
use crate::tui::model::{SheetLine, sheet_lines};
use crate::tui::sanitise::printable;
use crate::tui::text;

/// Columns of the rating.
const WORD: usize = 5;
/// The most columns for the name of a fact, in a wide and a narrow screen.
const WHAT: [usize; 2] = [28, 14];

/// Draws how the selected container is held apart into `area`.
pub(super) fn isolation(canvas: &mut Canvas<'_>, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let sections = model.isolation_sections();
    if sections.is_empty() {
        canvas.buffer.set_style(row(area, 0), theme.bar);
        let text = match model.selected() {
            None => canvas.none_selected("how it is held apart"),
            Some(record) if record.state.status.is_alive() => "Looking…".to_owned(),
            Some(record) => format!(
                "{} is {}: only a running one is held apart.",
                record.spec.name,
                record.state.status.word()
            ),
        };
        canvas.pen(row(area, 1)).skip(2).put(&text, theme.dim);
        return;
    }
    let name = model
        .selected()
        .map_or("", |record| record.spec.name.as_str());
    draw(
        canvas,
        area,
        &printable(name),
        Sheet { sections },
        model.looks.isolation.offset,
    );
}

/// Draws the host into `area`.
pub(super) fn host(canvas: &mut Canvas<'_>, area: Rect) {
    let model = canvas.model;
    let sheet = Sheet {
        sections: model.host_sections(),
    };
    draw(canvas, area, "this host", sheet, model.looks.host.offset);
}

/// Draws `sheet` about `of`, scrolled down by `offset` lines.
fn draw(canvas: &mut Canvas<'_>, area: Rect, of: &str, sheet: Sheet, offset: usize) {
    let theme = canvas.theme;
    canvas.buffer.set_style(row(area, 0), theme.bar);
    let lines = sheet_lines(&sheet.sections);
    let mut pen = canvas.pen(row(area, 0));
    pen.skip(1).put(of, theme.title);
    pen.put(
        &format!("  {} ok", sheet.count(Judgement::Good)),
        theme.success,
    )
    .put(
        &format!("  {} weak", sheet.count(Judgement::Weak)),
        theme.error,
    );
    let rows = usize::from(area.height.saturating_sub(1));
    let last = lines.len().min(offset + rows);
    pen.put_right(
        &format!("lines {} to {last} of {} ", offset + 1, lines.len()),
        theme.label,
    );
    // the values are as wide as the widest, and leave room for the explanation
    let widest = sheet
        .sections
        .iter()
        .flat_map(|section| &section.facts)
        .map(|fact| text::width(&fact.value))
        .max()
        .unwrap_or(0);
    let what_columns = WHAT[usize::from(area.width < 100)];
    let room = usize::from(area.width).saturating_sub(WORD + what_columns + 6);
    let value_columns = widest.min(room / 2).max(12);
    for (y, line) in (1..area.height).zip(lines.iter().skip(offset)) {
        let mut pen = canvas.pen(row(area, y));
        match line {
            SheetLine::Blank => {}
            SheetLine::Title(title) => {
                pen.skip(1).put(title, theme.header);
            }
            SheetLine::Fact(fact) => {
                let style = match fact.judgement {
                    Judgement::Good => theme.success,
                    Judgement::Weak => theme.error,
                    Judgement::Plain => theme.dim,
                };
                let what =
                    text::truncate(&printable(&fact.what), what_columns, theme.symbols.ellipsis)
                        .into_owned();
                let value = printable(&fact.value);
                let columns = if fact.effect.is_empty() {
                    room
                } else {
                    value_columns
                };
                let value = text::truncate(&value, columns, theme.symbols.ellipsis).into_owned();
                let padding = value_columns.saturating_sub(text::width(&value)) as u16 + 2;
                pen.skip(2)
                    .put(&format!("{:<WORD$} ", fact.judgement.word()), style);
                pen.put(&format!("{what:<what_columns$} "), theme.label)
                    .put(&value, Style::new())
                    .skip(padding)
                    .put(&printable(&fact.effect), theme.dim);
            }
        }
    }
}
