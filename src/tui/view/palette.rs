//! The palette: what is typed, what it finds, and the command line for what is chosen.
//!
//! ```text
//! ╭─ What shall be done? ────────────────────────╮
//! │ sto                                          │
//! │ ▌Stop        ask it to end; after …        s │
//! │  Sort memory sort by memory use            M │
//! │ $ minic-tui stop -t 10 web                   │
//! ╰──────────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use crate::tui::action::Action;
use crate::tui::hit::Target;
use crate::tui::keymap::Context;
use crate::tui::model::Palette;
use crate::tui::sanitise::printable;
use crate::tui::text;
use crate::tui::widget::{center, frame};

/// As wide as the longest line needs.
const WIDTH: u16 = 78;
/// The most rows of actions.
const MOST_ROWS: usize = 14;
/// Columns for an action's name.
const NAME_COLUMNS: usize = 16;
/// The line typed in, the line of the command, and the box.
const OTHER_ROWS: usize = 4;

/// How many actions a screen of `size` shows at once.
#[must_use]
pub fn palette_rows(size: (u16, u16)) -> usize {
    usize::from(size.1)
        .saturating_sub(OTHER_ROWS + 1)
        .clamp(1, MOST_ROWS)
}

/// Draws the palette over `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, palette: &Palette) {
    let (model, theme) = (canvas.model, canvas.theme);
    let rows = palette_rows(model.size);
    let outer = center(
        area,
        area.width.saturating_sub(2).min(WIDTH),
        (rows + OTHER_ROWS) as u16,
    );
    let title = format!("What shall be done? {} of them", palette.found.len());
    let inside = frame(canvas.buffer, outer, &title, theme);
    canvas.hits.add(outer, Target::Nothing);
    let line = row(inside, 0);
    canvas.buffer.set_style(line, theme.field_active);
    canvas
        .pen(line)
        .skip(1)
        .put(&printable(palette.line.text()), theme.field_active);
    let before = text::width(&printable(palette.line.before_cursor())) as u16;
    canvas.cursor = Some((
        (line.x + 1 + before).min(line.right().saturating_sub(1)),
        line.y,
    ));
    let first = (palette.row + 1).saturating_sub(rows);
    for ((at, action), y) in palette
        .found
        .iter()
        .enumerate()
        .skip(first)
        .take(rows)
        .zip(1..)
    {
        let line = row(inside, y);
        let chosen = at == palette.row;
        if chosen {
            canvas.buffer.set_style(line, theme.selected);
        }
        let key = model.settings.keymap.shown_key(
            &[model.tab.context(), Context::Global, Context::Everywhere],
            *action,
        );
        let key = key.map(|chord| format!("{chord} ")).unwrap_or_default();
        let marker = if chosen { theme.symbols.marker } else { ' ' };
        let room = usize::from(line.width).saturating_sub(NAME_COLUMNS + 3 + text::width(&key));
        let about = text::truncate(action.about(), room, theme.symbols.ellipsis);
        let mut pen = canvas.pen(line);
        pen.symbol(marker, Style::new())
            .put(&format!("{:<NAME_COLUMNS$} ", action.label()), theme.strong)
            .put(&about, Style::new());
        pen.put_right(&key, theme.key);
        canvas.hits.add(line, Target::Found(at));
    }
    let last = row(inside, inside.height.saturating_sub(1));
    let chosen = palette.chosen();
    match chosen.and_then(|action| model.command_for(action, &model.targets())) {
        Some(command) => {
            let key = canvas.key(Action::CopyCommand);
            let mut pen = canvas.pen(last);
            pen.put(" $ ", theme.dim);
            let room = usize::from(pen.room()).saturating_sub(text::width(&key) + 8);
            pen.put(
                &text::truncate(&printable(&command), room, theme.symbols.ellipsis),
                theme.success,
            );
            pen.put_right(&format!("{key} copies "), theme.dim);
        }
        None if chosen.is_none() => drop(
            canvas
                .pen(last)
                .put(" nothing is called that", theme.warning),
        ),
        None => drop(
            canvas
                .pen(last)
                .put(" only this screen can do that", theme.dim),
        ),
    }
}
