//! The end of the log, each line with its time; what came from stderr is marked.

use jiff::tz::TimeZone;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::super::canvas::{Canvas, row};
use super::super::logs::shown;
use crate::tui::action::Action;
use crate::tui::model::{CLOCK_COLUMNS, LogLine, NAME_COLUMNS, Target};
use crate::tui::text;
use crate::tui::theme::ColorDepth;
use crate::tui::widget::Pen;

/// Columns from which one or two lines without a heading have the name of the part before them.
const MIN_NAMED: u16 = 60;

/// Draws the newest of `lines` that fit into `area`, the newest last.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, lines: &[&LogLine]) {
    let theme = canvas.theme;
    if area.height < 3 {
        let margin = if area.width < MIN_NAMED {
            1
        } else {
            canvas.pen(area).put(" Log", theme.label);
            NAME_COLUMNS
        };
        return rows(
            canvas,
            Rect {
                x: area.x + margin,
                width: area.width.saturating_sub(margin),
                ..area
            },
            lines,
        );
    }
    heading(canvas, row(area, 0), "Log", Action::Logs);
    rows(
        canvas,
        Rect {
            x: area.x + 1,
            y: area.y + 1,
            width: area.width.saturating_sub(1),
            height: area.height - 1,
        },
        lines,
    );
}

/// The name of a part, and the key that shows more of it.
pub(super) fn heading(canvas: &mut Canvas<'_>, line: Rect, name: &str, more: Action) {
    let theme = canvas.theme;
    let key = canvas.key(more);
    canvas.pen(line).put(&format!(" {name}"), theme.label);
    if !key.is_empty() {
        canvas
            .pen(line)
            .skip(text::width(name) as u16 + 1)
            .put_right(&format!("{key} shows all "), theme.dim);
        canvas.hits.add(line, Target::Action(more));
    }
}

fn rows(canvas: &mut Canvas<'_>, area: Rect, lines: &[&LogLine]) {
    let (theme, zone) = (canvas.theme, &canvas.model.settings.time_zone);
    let margin = CLOCK_COLUMNS + 2;
    let room = usize::from(area.width.saturating_sub(margin)).max(2);
    let shown = lines.len().min(area.height.into());
    let mut spare = usize::from(area.height) - shown;
    // rows that are left go to the newest lines that are longer than one
    let mut heights = vec![1; shown];
    let newest = &lines[lines.len() - shown..];
    for (line, height) in newest.iter().zip(&mut heights).rev() {
        if spare > 0 {
            let more = text::wrap(&line.text, room).len() - 1;
            *height += more.min(spare);
            spare -= more.min(spare);
        }
    }
    let mut y = 0;
    for (line, height) in newest.iter().zip(heights) {
        let plain = if line.stderr {
            theme.stderr
        } else {
            Style::new()
        };
        let parts = text::wrap(&line.text, room);
        let mut from = 0;
        for (at, part) in parts.iter().take(height).enumerate() {
            let last = at + 1 == height;
            let place = row(area, y);
            let mut pen = canvas.pen(place);
            if at == 0 {
                pen.put(&clock(line, zone), theme.dim).skip(1);
                pen.put(if line.stderr { "! " } else { "  " }, theme.warning);
            } else {
                pen.skip(margin);
            }
            let to = from + part.len();
            let cut = last && to < line.text.len();
            // room for the ellipsis
            let whole = if cut {
                from + text::fitting(part, room - 1)
            } else {
                to
            };
            coloured(&mut pen, line, (from, whole), plain, theme.depth);
            if cut {
                pen.symbol(theme.symbols.ellipsis, theme.dim);
            }
            from = to;
            y += 1;
        }
    }
}

/// Writes the bytes `from..to` of `line` in its own colours.
fn coloured(
    pen: &mut Pen<'_>,
    line: &LogLine,
    (from, to): (usize, usize),
    plain: Style,
    depth: Option<ColorDepth>,
) {
    let mut at = from;
    while at < to {
        let end = line.next_change(at).unwrap_or(to).min(to);
        let style = plain.patch(shown(line.style_at(at), depth));
        pen.put(&line.text[at..end], style);
        at = end;
    }
}

fn clock(line: &LogLine, zone: &TimeZone) -> String {
    let at = line.at.to_zoned_datetime(zone.clone());
    at.strftime("%H:%M:%S").to_string()
}
