//! The names of the tabs, and at the right what holds for all of them.
//!
//! ```text
//! [1 Containers]  2 Logs   3 Presets                    filter: web (2 of 9)   READ-ONLY  DEMO
//! ```

use ratatui::layout::Rect;

use super::canvas::Canvas;
use crate::tui::action::Action;
use crate::tui::hit::Target;
use crate::tui::keymap::Context;
use crate::tui::model::{Model, Tab};
use crate::tui::sanitise::printable;

/// Draws the tabs into `area`.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let mut named = Vec::new();
    for tab in Tab::ALL {
        let key = model.settings.keymap.shown_key(&[Context::Global], tab.action());
        let key = key.map(|chord| format!("{chord} ")).unwrap_or_default();
        named.push((tab, format!("{key}{}", tab.title())));
    }
    let mut areas = Vec::new();
    let mut pen = canvas.pen(area);
    for (tab, name) in named {
        let start = pen.x();
        let active = tab == model.tab;
        let (text, style) = if active { (format!("[{name}]"), theme.tab_active) } else { (format!(" {name} "), theme.tab) };
        pen.put(&text, style);
        areas.push((start, pen.x(), tab));
        pen.skip(1);
    }
    let mut right = Vec::new();
    right.extend(past_badge(model));
    if !model.list.filter.is_empty() {
        let (shown, all) = (model.list.visible().len(), model.records.len());
        right.push(format!("filter: {} ({shown} of {all})", printable(&model.list.filter)));
    }
    if model.settings.read_only {
        right.push("READ-ONLY".into());
    }
    right.extend(model.settings.badge.clone());
    pen.put_right(&format!("{} ", right.join("  ")), theme.warning);
    for (start, end, tab) in areas {
        let place = Rect { x: start, width: end - start, ..area };
        canvas.hits.add(place, Target::Tab(tab));
    }
}

/// How far back the moment shown lies, and what leads to now.
pub fn past_badge(model: &Model) -> Option<String> {
    let past = model.past?;
    let minus = if model.settings.theme.symbols.braille { '\u{2212}' } else { '-' };
    let word = if past.frozen { "FROZEN" } else { "PAST" };
    let key = model.settings.keymap.shown_key(&[Context::Past], Action::Live).map(|key| format!(", {key}: now"));
    Some(format!("{word} {minus}{} s{}", model.age().as_secs(), key.unwrap_or_default()))
}
