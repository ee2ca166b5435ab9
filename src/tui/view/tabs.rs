//! The names of the tabs, and at the right what applies to all of them.
//!
//! ```text
//! [1 Containers]  2 Logs   3 Presets                    filter: web (2 of 9)   READ-ONLY  DEMO
//! ```

use ratatui::layout::Rect;

use super::canvas::Canvas;
use crate::tui::action::Action;
use crate::tui::keymap::Context;
use crate::tui::model::{Model, Tab, Target};
use crate::tui::sanitise::printable;
use crate::tui::text;

/// Draws the tabs into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let mut right = Vec::new();
    right.extend(past_badge(model));
    if !model.list.filter.is_empty() {
        let (shown, all) = (model.list.visible().len(), model.records.len());
        right.push(format!(
            "filter: {} ({shown} of {all})",
            printable(&model.list.filter)
        ));
    }
    if model.settings.read_only {
        right.push("READ-ONLY".into());
    }
    right.extend(model.settings.badge.clone());
    let right = format!("{} ", right.join("  "));
    let room = usize::from(area.width).saturating_sub(text::width(&right) + 1);
    let keys: Vec<String> = Tab::ALL.iter().map(|tab| key(model, *tab)).collect();
    // the longest naming of the tabs that leaves room for the right side; else the shortest
    let named = |tab: Tab, key: &str, way: usize| match way {
        0 => (format!("{key} {}", tab.title()), 1),
        1 => (format!("{key}{}", tab.title()), 0),
        2 if tab == model.tab => (format!("{key}{}", tab.title()), 0),
        4 if tab != model.tab && !key.is_empty() => (key.to_owned(), 0),
        _ => (format!("{key}{}", tab.short()), 0),
    };
    let columns = |way: usize| -> usize {
        let each = Tab::ALL.iter().zip(&keys).map(|(tab, key)| {
            let (name, space) = named(*tab, key, way);
            text::width(&name) + space * 2 + 1
        });
        each.sum::<usize>() + 2
    };
    let way = (0..4).find(|way| columns(*way) <= room).unwrap_or(4);
    let mut areas = Vec::new();
    let mut pen = canvas.pen(area);
    for (tab, key) in Tab::ALL.iter().copied().zip(&keys) {
        let start = pen.x();
        let (name, space) = named(tab, key, way);
        let (open, close, style) = if tab == model.tab {
            ("[", "]", theme.tab_active)
        } else {
            (["", " "][space], ["", " "][space], theme.tab)
        };
        pen.put(&format!("{open}{name}{close}"), style);
        areas.push((start, pen.x(), tab));
        pen.skip(1);
    }
    pen.put_right(&right, theme.warning);
    for (start, end, tab) in areas {
        let place = Rect {
            x: start,
            width: end - start,
            ..area
        };
        canvas.hits.add(place, Target::Tab(tab));
    }
}

/// How far back the moment shown is, and the key back to now.
pub(super) fn past_badge(model: &Model) -> Option<String> {
    let past = model.past?;
    let minus = if model.settings.theme.symbols.braille {
        '\u{2212}'
    } else {
        '-'
    };
    let word = if past.frozen { "FROZEN" } else { "PAST" };
    let key = model
        .settings
        .keymap
        .shown_key(&[Context::Past], Action::Live)
        .map(|key| format!(", {key}: now"));
    Some(format!(
        "{word} {minus}{} s{}",
        model.age().as_secs(),
        key.unwrap_or_default()
    ))
}

fn key(model: &Model, tab: Tab) -> String {
    let key = model
        .settings
        .keymap
        .shown_key(&[Context::Global], tab.action());
    key.map(|chord| chord.to_string()).unwrap_or_default()
}
