//! Every key of the keymap, in two columns where there is room. What a read-only screen refuses is
//! grey.
//!
//! ```text
//! ╭─ Keys, rows 1 to 37 of 61 ───────────────────────────────────────────────╮
//! │ Run and stop                        Move                                 │
//! │   r           open the launch form    Up k        one line up            │
//! │   S           start it again from     Down j      one line down          │
//! │               its saved spec                                             │
//! ╰──────────────────────────────────────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use crate::tui::model::{Help, HelpLayout, HelpLine, Target, help_page};
use crate::tui::widget::{center, frame};

/// Draws help over `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, help: &Help) {
    let theme = canvas.theme;
    let (layout, lines) = (HelpLayout::of(area.width), canvas.model.help_rows(help));
    let page = help_page(canvas.model.size);
    let last = lines.len().min(help.offset + page);
    let title = if page < lines.len() {
        format!(
            "Keys, rows {} to {last} of {}",
            help.offset + 1,
            lines.len()
        )
    } else {
        "Keys".into()
    };
    // as high without a search: a box that shrinks under the hands is hard to read
    let all = Help {
        over: help.over.clone(),
        ..Help::default()
    };
    let height = canvas.model.help_rows(&all).len().min(page);
    let outer = center(area, layout.total() as u16 + 4, height as u16 + 2);
    let inside = frame(canvas.buffer, outer, &title, theme);
    canvas.hits.add(outer, Target::Nothing);
    if lines.is_empty() {
        let text = "no key does such a thing";
        canvas.pen(row(inside, 0)).skip(1).put(text, theme.dim);
    }
    for (pair, y) in lines.iter().skip(help.offset).zip(0..inside.height) {
        for (at, line) in pair.iter().enumerate() {
            let place = row(inside, y);
            let start = (layout.start(at) as u16 + 1).min(place.width);
            let place = Rect {
                x: place.x + start,
                width: (layout.width as u16).min(place.width - start),
                ..place
            };
            if let Some(line) = line {
                draw_line(canvas, place, layout.keys, line);
            }
        }
    }
}

fn draw_line(canvas: &mut Canvas<'_>, place: Rect, columns: usize, line: &HelpLine) {
    let (model, theme) = (canvas.model, canvas.theme);
    let mut pen = canvas.pen(place);
    match line {
        HelpLine::Heading(title) => pen.put(title, theme.title),
        HelpLine::Keys(keys, text, action) => {
            let off = model.settings.read_only && action.changes_something();
            let styles = [(theme.key, Style::new()), (theme.key_off, theme.key_off)];
            let (key_style, text_style) = styles[usize::from(off)];
            let columns = columns - 2;
            pen.skip(2)
                .put(&format!("{keys:<columns$} "), key_style)
                .put(text, text_style)
        }
        HelpLine::Blank => return,
    };
}
