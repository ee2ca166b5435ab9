//! The palette: the input line, the matching actions, and the command line of the selected one.
//! Actions that are not available are grey, with the reason instead of their help.
//!
//! ```text
//! ╭─ Actions (3) ────────────────────────────────╮
//! │ sto                                          │
//! │ ▌Stop        ask it to end; after …        s │
//! │  Select      only on the Logs tab          v │
//! │ $ minic-tui stop -t 10 web                   │
//! ╰──────────────────────────────────────────────╯
//! ```

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use crate::tui::action::Action;
use crate::tui::keymap::Context;
use crate::tui::model::{PALETTE_FRAME, Palette, Target, palette_rows};
use crate::tui::sanitise::printable;
use crate::tui::text;
use crate::tui::widget::{center, frame};

/// As wide as the longest line needs.
const WIDTH: u16 = 78;
/// Columns for an action's name.
const NAME_COLUMNS: usize = 16;
/// Draws the palette over `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, palette: &Palette) {
    let (model, theme) = (canvas.model, canvas.theme);
    let rows = palette_rows(model.size);
    let outer = center(
        area,
        area.width.saturating_sub(2).min(WIDTH),
        (rows + PALETTE_FRAME) as u16,
    );
    let title = format!("Actions ({})", palette.found.len());
    let inside = frame(canvas.buffer, outer, &title, theme);
    canvas.hits.add(outer, Target::Nothing);
    let line = row(inside, 0);
    canvas.buffer.set_style(line, theme.field_active);
    canvas
        .pen(line)
        .skip(1)
        .put(&printable(palette.line.text()), theme.field_active);
    let before = text::width(&printable(palette.line.before_cursor())) as u16;
    canvas.cursor = Some(Position::new(
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
        let refusal = model.refusal_by_name(*action);
        let mut here = model.contexts_below();
        here.push(Context::Everywhere);
        let contexts = [&here, action.contexts()].concat();
        let key = model.settings.keymap.shown_key(&contexts, *action);
        let key = key.map(|chord| format!("{chord} ")).unwrap_or_default();
        let marker = if chosen { theme.symbols.marker } else { ' ' };
        let room = usize::from(line.width).saturating_sub(NAME_COLUMNS + 3 + text::width(&key));
        let about = refusal.as_deref().unwrap_or(action.help());
        let about = printable(about);
        let about = text::truncate(&about, room, theme.symbols.ellipsis);
        let name = text::truncate(action.label(), NAME_COLUMNS, theme.symbols.ellipsis);
        let (name_style, about_style, key_style) = match refusal {
            Some(_) => (theme.key_off, theme.key_off, theme.key_off),
            None => (theme.strong, Style::new(), theme.key),
        };
        let mut pen = canvas.pen(line);
        pen.symbol(marker, Style::new())
            .put(&format!("{name:<NAME_COLUMNS$} "), name_style)
            .put(&about, about_style);
        pen.put_right(&key, key_style);
        canvas.hits.add(line, Target::Found(at));
    }
    let last = row(inside, inside.height.saturating_sub(1));
    let chosen = palette.chosen();
    let refused = chosen.filter(|action| model.refusal_by_name(*action).is_some());
    let command = chosen.filter(|_| refused.is_none());
    match command.and_then(|action| model.command_for(action, &model.targets())) {
        Some(command) => {
            let key = canvas.key(Action::CopyCommand);
            let mut pen = canvas.pen(last);
            pen.put(" $ ", theme.dim);
            let room = usize::from(pen.room()).saturating_sub(text::width(&key) + 8);
            let mut shown = printable(&command);
            if text::width(&shown) > room {
                // the verb says what happens
                shown = printable(&model.without_flags(&command, theme.symbols.ellipsis));
            }
            let shown = text::truncate(&shown, room, theme.symbols.ellipsis);
            pen.put(&shown, theme.success);
            pen.put_right(&format!("{key} copies "), theme.dim);
        }
        None if chosen.is_none() => drop(canvas.pen(last).put(" no action matches", theme.warning)),
        None => {
            let help = refused.map(|action| format!(" {}", action.help()));
            let words = help.as_deref().unwrap_or(" only this screen can do that");
            canvas.pen(last).put(words, theme.dim);
        }
    }
}
