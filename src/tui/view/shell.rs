//! A shell's terminal, cell by cell.
//!
//! ```text
//!  web  shell 1 of 2 · typing: Ctrl-] leaves
//! root@web:/# _
//! ```

use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};

use super::canvas::{Canvas, row};
use crate::tui::action::Action;
use crate::tui::model::ShellState;
use crate::tui::sanitise::printable;
use crate::tui::theme::ColorDepth;

/// Draws the shell into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let shells = &model.shells;
    canvas.buffer.set_style(row(area, 0), theme.bar);
    let Some(pane) = model.shell() else {
        let text = match model.selected() {
            Some(record) => format!(
                "No shell is open. {} opens one in {}.",
                canvas.key(Action::EnterShell),
                record.spec.name
            ),
            None => canvas.none_selected("a shell in it"),
        };
        canvas.pen(row(area, 1)).skip(2).put(&text, theme.dim);
        return;
    };
    let place = format!(
        " shell {} of {} {} ",
        shells
            .inside(&pane.container)
            .take_while(|one| one.id != pane.id)
            .count()
            + 1,
        shells.inside(&pane.container).count(),
        theme.symbols.dot
    );
    let back = pane.terminal.screen().scrollback();
    let (words, style) = match &pane.state {
        ShellState::Opening => ("opening".to_owned(), theme.pending),
        ShellState::Ended(words) => (printable(words), theme.warning),
        ShellState::Open if model.typing() => (
            format!(
                "every key goes to it; {} leaves",
                canvas.key(Action::LeaveShell)
            ),
            theme.label,
        ),
        ShellState::Open => (
            format!("{} gives it the keys", canvas.key(Action::EnterShell)),
            theme.label,
        ),
    };
    let mut pen = canvas.pen(row(area, 0));
    pen.skip(1)
        .put(&printable(&pane.name), theme.title)
        .put(&place, theme.label)
        .put(&words, style);
    if back > 0 {
        pen.put_right(&format!("{back} lines back "), theme.warning);
    }
    let below = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    let screen = pane.terminal.screen();
    let (rows, columns) = screen.size();
    for y in 0..below.height.min(rows.get()) {
        for x in 0..below.width.min(columns.get()) {
            let Some(cell) = screen.cell(y, x) else {
                continue;
            };
            if cell.is_wide_continuation() {
                continue;
            }
            let style = look(cell, theme.depth);
            let target = &mut canvas.buffer[(below.x + x, below.y + y)];
            // a wide character must not cross the edge
            let fits = !cell.is_wide() || x + 1 < below.width;
            target.set_symbol(if cell.has_contents() && fits {
                cell.contents()
            } else {
                " "
            });
            target.set_style(style);
        }
    }
    let (y, x) = screen.cursor_position();
    if model.typing() && !screen.hide_cursor() && back == 0 && model.overlay.is_none() {
        canvas.cursor = Some(Position::new(
            below.x + x.min(below.width.saturating_sub(1)),
            below.y + y.min(below.height.saturating_sub(1)),
        ));
    }
}

/// The style of a cell; `None` is a screen without colours.
fn look(cell: &vt100::Cell, depth: Option<ColorDepth>) -> Style {
    let color = |color: vt100::Color| {
        let depth = depth?;
        match color {
            vt100::Color::Default => None,
            vt100::Color::Idx(index) => Some(Color::Indexed(index)),
            vt100::Color::Rgb(r, g, b) => Some(depth.nearest(Color::Rgb(r, g, b))),
        }
    };
    let mut style = Style::new();
    style.fg = color(cell.fgcolor());
    style.bg = color(cell.bgcolor());
    for (wanted, modifier) in [
        (cell.bold(), Modifier::BOLD),
        (cell.dim(), Modifier::DIM),
        (cell.italic(), Modifier::ITALIC),
        (cell.underline(), Modifier::UNDERLINED),
        (cell.inverse(), Modifier::REVERSED),
    ] {
        if wanted {
            style = style.add_modifier(modifier);
        }
    }
    style
}
