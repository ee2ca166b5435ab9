//! The bottom line: the keys of the active context, or the filter while it is typed.
//!
//! ```text
//!  ? Help  r Run  S Start  s Stop  R Restart  D Destroy  l Logs  / Filter  F6 Sort  q Quit
//! ```
//!
//! Keys that do not fit are left out, except the last.

use ratatui::layout::{Position, Rect};

use super::canvas::Canvas;
use crate::tui::action::Action;
use crate::tui::model::{Overlay, Target};
use crate::tui::sanitise::printable;
use crate::tui::text;

/// Draws the bottom line into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    canvas.buffer.set_style(area, theme.bar);
    let mut start = area.x;
    let typed = match &model.overlay {
        Some(Overlay::Filter(line, _)) => Some(("Filter", line)),
        Some(Overlay::Help(help)) if help.typing => Some(("Search the keys", &help.line)),
        Some(Overlay::Prompt(prompt)) => Some((prompt.purpose.title(), &prompt.line)),
        _ => None,
    };
    if let Some((title, line)) = typed {
        let mut pen = canvas.pen(area);
        pen.put(&format!(" {title}: "), theme.key);
        let x = pen.x();
        pen.put(&printable(line.text()), theme.key_label).skip(3);
        start = pen.x();
        let before = text::width(&printable(line.before_cursor())) as u16;
        canvas.cursor = Some(Position::new((x + before).min(area.right() - 1), area.y));
    }
    if let Some(notice) = model.unbound_notice() {
        let mut pen = canvas.pen(Rect {
            x: start,
            width: area.right() - start,
            ..area
        });
        pen.skip(1).put(&notice, theme.key_off).skip(2);
        start = pen.x();
    }
    let contexts = model.contexts();
    let keys = |action: Action| {
        let chord = model.settings.keymap.shown_key(&contexts, action)?;
        let key = chord.to_string();
        let columns = text::width(&key) + text::width(action.label()) + 3;
        Some((key, columns))
    };
    let bars = contexts
        .iter()
        .map(|context| model.settings.keymap.bar(*context));
    let Some(actions) = bars.into_iter().find(|actions| !actions.is_empty()) else {
        return;
    };
    // the last key is how to leave: it is always shown
    let reserved = actions
        .last()
        .and_then(|last| keys(*last))
        .map_or(0, |(_, columns)| columns);
    let mut spots = Vec::new();
    let mut pen = canvas.pen(Rect {
        x: start,
        width: area.right() - start,
        ..area
    });
    for (at, action) in actions.iter().enumerate() {
        // a preset that is edited has the same keys, and is not launched
        if *action == Action::Launch && !matches!(model.overlay, Some(Overlay::Form(_))) {
            continue;
        }
        let Some((key, columns)) = keys(*action) else {
            continue;
        };
        let reserved = if at + 1 == actions.len() { 0 } else { reserved };
        if columns + reserved > usize::from(pen.room()) {
            continue;
        }
        // in other contexts the keys type and answer
        let verbs = matches!(model.overlay, None | Some(Overlay::Card(_)));
        let off = verbs && model.refusal(*action).is_some();
        let (key_style, label_style) = if off {
            (theme.key_off, theme.key_off)
        } else {
            (theme.key, theme.key_label)
        };
        pen.skip(1);
        let from = pen.x();
        pen.put(&key, key_style)
            .skip(1)
            .put(action.label(), label_style);
        spots.push((from, pen.x(), *action));
        pen.skip(1);
    }
    for (from, to, action) in spots {
        let place = Rect {
            x: from,
            width: to - from,
            ..area
        };
        canvas.hits.add(place, Target::Action(action));
    }
}
