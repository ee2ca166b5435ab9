//! The setup: its sections, the rows of one, and what was refused.
//!
//! ```text
//! ╭─ Setup ──────────────────────────────────────────────────╮
//! │[Columns] Meters  Theme  Tick  Keys                       │
//! │ [x] NAME       its name; always shown                    │
//! │ [ ] LABELS     its labels                                │
//! │                                                          │
//! │ Space on or off, + and - move, Enter saves, Esc leaves   │
//! ╰──────────────────────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use crate::config::Meter;
use crate::spec::format_duration;
use crate::tui::action::Action;
use crate::tui::model::{Setup, SetupSection, Target};
use crate::tui::sanitise::printable;
use crate::tui::theme::THEME_NAMES;
use crate::tui::widget::{center, frame};

/// As wide as the longest line needs.
const WIDTH: u16 = 118;
/// Rows beside those of the section: the box, the sections, and the line at the bottom.
const OTHER_ROWS: u16 = 4;

/// Draws the setup over `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, setup: &Setup) {
    let rows = setup.rows() as u16;
    let width = area.width.saturating_sub(2).min(WIDTH);
    let height = (rows + OTHER_ROWS).min(area.height);
    let outer = center(area, width, height);
    let inside = frame(canvas.buffer, outer, "Setup", canvas.theme);
    canvas.hits.add(outer, Target::Nothing);
    sections(canvas, row(inside, 0), setup.section);
    let list = Rect {
        y: inside.y + 1,
        height: inside.height.saturating_sub(2),
        ..inside
    };
    let shown = usize::from(list.height).max(1);
    // the chosen row stands in the middle where there is more above and below
    let first = setup
        .row
        .saturating_sub(shown / 2)
        .min(setup.rows().saturating_sub(shown));
    for (at, y) in (first..setup.rows()).zip(0..list.height) {
        let line = row(list, y);
        draw_row(canvas, line, setup, at);
        canvas.hits.add(line, Target::Line(at));
    }
    let last = row(inside, inside.height.saturating_sub(1));
    let (text, style) = match &setup.note {
        Some(note) => (printable(note), canvas.theme.warning),
        None => (hint(canvas, setup), canvas.theme.dim),
    };
    canvas.pen(last).skip(1).put(&text, style);
}

fn sections(canvas: &mut Canvas<'_>, line: Rect, shown: SetupSection) {
    let theme = canvas.theme;
    let mut x = line.x;
    for section in SetupSection::ALL {
        let (word, style) = if *section == shown {
            (format!("[{}]", section.title()), theme.tab_active)
        } else {
            (format!(" {} ", section.title()), theme.tab)
        };
        let cell = Rect {
            x,
            width: (word.len() as u16).min(line.right().saturating_sub(x)),
            ..line
        };
        canvas.pen(cell).put(&word, style);
        canvas.hits.add(cell, Target::Setup(*section));
        x = cell.right();
    }
}

fn draw_row(canvas: &mut Canvas<'_>, line: Rect, setup: &Setup, at: usize) {
    let (theme, settings) = (canvas.theme, &canvas.model.settings);
    let chosen = at == setup.row;
    let style = if chosen {
        canvas.buffer.set_style(line, theme.selected);
        theme.selected
    } else {
        Style::new()
    };
    let switch = |on: bool| if on { "[x]" } else { "[ ]" };
    let pick = |on: bool| if on { "(x)" } else { "( )" };
    let (text, about) = match setup.section {
        SetupSection::Columns => {
            let (column, on) = setup.columns[at];
            let name = format!("{} {:<12}", switch(on), column.id());
            let shown = !on || canvas.model.shown_columns().contains(&column);
            let about = if shown {
                column.help().to_owned()
            } else {
                let columns = canvas.model.size.width;
                format!("no room at {columns} columns; {}", column.help())
            };
            (name, about)
        }
        SetupSection::Meters => {
            let (meter, on) = setup.meters[at];
            let name = format!("{} {:<12}", switch(on), meter.id());
            (name, about_meter(meter).to_owned())
        }
        SetupSection::Theme => {
            let name = THEME_NAMES[at];
            let on = name == settings.theme.name;
            (format!("{} {name}", pick(on)), String::new())
        }
        SetupSection::Tick => {
            let tick = setup.ticks[at];
            let text = if tick.subsec_millis() > 0 {
                format!("{}ms", tick.as_millis())
            } else {
                format_duration(tick)
            };
            let on = tick == settings.tick;
            (format!("{} {text}", pick(on)), String::new())
        }
        SetupSection::Keys => {
            let (context, action) = setup.keys[at];
            let keys = settings.keymap.keys_of(context, action);
            let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
            let keys = if chosen && setup.asking {
                "press a key".to_owned()
            } else {
                keys.join(" ")
            };
            let name = format!("{:<11} {:<18} {keys:<15}", context.id(), action.id());
            (name, action.help().to_owned())
        }
    };
    let marker = if chosen { theme.symbols.marker } else { ' ' };
    let mut pen = canvas.pen(line);
    pen.symbol(marker, style).put(&text, style).skip(1);
    pen.put(&about, if chosen { style } else { theme.dim });
}

fn about_meter(meter: Meter) -> &'static str {
    match meter {
        Meter::Cores => "one bar a core",
        Meter::Memory => "memory in use",
        Meter::Swap => "swap in use",
        Meter::Network => "bytes received and sent a second",
        Meter::Disk => "bytes read and written a second",
        Meter::Pressure => "time in which something waited for CPU, memory or disks",
        Meter::Load => "load averages and uptime",
    }
}

fn hint(canvas: &Canvas<'_>, setup: &Setup) -> String {
    let key = |action| canvas.key(action);
    let choose = key(Action::Choose);
    let what = match setup.section {
        SetupSection::Columns => format!(
            "{choose} on or off; {} {} move",
            key(Action::MoveUp),
            key(Action::MoveDown)
        ),
        SetupSection::Meters => format!("{choose} on or off"),
        SetupSection::Theme | SetupSection::Tick => "up and down choose".into(),
        SetupSection::Keys if setup.asking => {
            return "press the key that it is to have; Esc leaves it as it is".into();
        }
        SetupSection::Keys => format!(
            "{choose} gives it another key, {} takes its keys",
            key(Action::DeleteAt)
        ),
    };
    let (save, leave) = (key(Action::Confirm), key(Action::Cancel));
    format!("{what}; {save} saves; {leave} leaves all as it was")
}
