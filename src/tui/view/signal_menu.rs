//! The signals that can be sent to a process, or to the init of containers.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use crate::spec::signal_name;
use crate::tui::model::{SignalMenu, SignalTarget, Target};
use crate::tui::sanitise::printable;
use crate::tui::text;
use crate::tui::widget::{center, frame};

const WIDTH: u16 = 58;

/// Draws the menu over `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, menu: &SignalMenu) {
    let theme = canvas.theme;
    let outer = center(area, WIDTH, SignalMenu::SIGNALS.len() as u16 + 2);
    let short = |text: &str| {
        text::truncate(
            &printable(text),
            usize::from(WIDTH) / 2,
            theme.symbols.ellipsis,
        )
        .into_owned()
    };
    let title = match &menu.to {
        SignalTarget::Process { pid, command, .. } => {
            format!("Signal for {pid} {}", short(command))
        }
        SignalTarget::Containers(ids) => {
            match menu.to.only().and_then(|id| canvas.model.record(id)) {
                Some(record) => format!("Signal for {}", short(record.spec.name.as_str())),
                None => format!("Signal for {} containers", ids.len()),
            }
        }
    };
    let inside = frame(canvas.buffer, outer, &title, theme);
    canvas.hits.add(outer, Target::Nothing);
    for (at, ((number, about), y)) in SignalMenu::SIGNALS.iter().zip(0..inside.height).enumerate() {
        let line = row(inside, y);
        let style = if at == menu.row {
            theme.selected
        } else {
            Style::new()
        };
        if at == menu.row {
            canvas.buffer.set_style(line, theme.selected);
        }
        canvas.pen(line).skip(1).put(
            &format!("{:<8} {number:>2}  {about}", signal_name(*number)),
            style,
        );
        canvas.hits.add(line, Target::Line(at));
    }
}
