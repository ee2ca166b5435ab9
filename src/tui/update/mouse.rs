//! Clicks and the wheel: they do what a key would do, at the target the last frame drew there.

use super::{
    WHEEL_ROWS, act, containers, form, frame, handles, logs, overlays, palette, preset_form, setup,
    show,
};
use ratatui::layout::Position;

use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::model::{Focus, Model, Overlay, Pane, Tab, Target};

/// A click at column `x`, row `y`.
pub(super) fn click(model: &mut Model, x: u16, y: u16) -> Vec<Effect> {
    let Some(target) = model.hits.at(x, y).cloned() else {
        return Vec::new();
    };
    model.dirty = true;
    match target {
        Target::Tab(tab) => return show(model, tab),
        Target::Pane(pane) => frame::open(model, pane),
        Target::Divider => model.frame.dragging = true,
        Target::PaneArea => model.frame.focus = Focus::Pane,
        Target::Action(action) => return act(model, action),
        Target::Container(id) => {
            model.frame.focus = Focus::List;
            // where list and pane take turns, the selected row leads to the pane
            if model.list.selected.as_ref() == Some(&id) && model.pane().is_none() {
                frame::zoom(model);
            }
            if let Some(row) = model.list.row_of(&id, &model.records) {
                model.list.select_row(row, &model.records);
            } else {
                // its group is folded
                model.list.wanted = Some(id);
                model.arrange();
            }
        }
        Target::Group(name) => {
            if let Some(row) = model.list.row_of_group(&name) {
                model.list.select_row(row, &model.records);
            }
            return act(model, Action::Fold);
        }
        Target::Heading(column) => {
            if model.list.sort.column == column {
                containers::invert(model);
            } else {
                containers::sort(model, column);
            }
        }
        Target::SortBy(column) => {
            model.overlay = Some(Overlay::Sort(column));
            return overlays::choose_sort(model, Action::Confirm);
        }
        Target::Gauge(grip) => return handles::take(model, grip, x),
        Target::Preset(row) => model.preset = row,
        Target::Line(row) => return line(model, row),
        Target::LogLine(number) => {
            model.frame.focus = Focus::Pane;
            logs::click(model, number);
        }
        Target::Spot(spot) => return form::click(model, spot),
        Target::Arrow(field, forward) => form::click_arrow(model, field, forward),
        Target::PresetField(field) => {
            if let Some(form) = preset_form::opened(model) {
                form.focus = field;
            }
        }
        Target::Setup(section) => setup::show(model, section),
        Target::Found(row) => {
            if let Some(Overlay::Palette(palette)) = &mut model.overlay {
                palette.row = row;
            }
            return palette::act(model, Action::Confirm);
        }
        Target::Toast(id) => model.toasts.dismiss(id),
        Target::Nothing => {}
    }
    Vec::new()
}

/// A drag to column `x`, row `y`.
pub(super) fn drag(model: &mut Model, x: u16, y: u16) -> Vec<Effect> {
    if model.frame.dragging {
        frame::drag(model, y);
        return Vec::new();
    }
    if model.handles.grip.is_some()
        || model.focused() != Some(Pane::Logs)
        || model.overlay.is_some()
    {
        return handles::pull(model, x);
    }
    let line = match model.hits.at(x, y) {
        Some(Target::LogLine(number)) => Some(*number),
        _ => None,
    };
    logs::drag(model, y, line);
    Vec::new()
}

/// Scrolls what is below the pointer: the pane or the list; an overlay wherever the pointer is.
pub(super) fn wheel(model: &mut Model, x: u16, y: u16, turn: i16) -> Vec<Effect> {
    if matches!(model.overlay, Some(Overlay::Form(_))) {
        form::wheel(model, turn);
        return Vec::new();
    }
    let typing = matches!(
        model.overlay,
        Some(Overlay::Preset(_) | Overlay::Confirm(_))
    );
    if typing {
        return Vec::new();
    }
    let over_pane = model
        .regions()
        .is_some_and(|regions| regions.pane.contains(Position { x, y }));
    let pane = model
        .pane()
        .filter(|_| over_pane && model.overlay.is_none());
    if pane == Some(Pane::Logs) {
        logs::wheel(model, i64::from(turn) * WHEEL_ROWS);
        return Vec::new();
    }
    let action = if turn < 0 { Action::Up } else { Action::Down };
    let mut effects = Vec::new();
    // a row of tiles is several terminal rows high
    let rows = if model.tab == Tab::Containers && model.overlay.is_none() && model.list.tiles {
        1
    } else {
        WHEEL_ROWS
    };
    for _ in 0..i64::from(turn.unsigned_abs()) * rows {
        match pane {
            Some(pane) => {
                model.dirty = true;
                effects.extend(frame::act(model, pane, action));
            }
            None if model.overlay.is_none() && model.tab == Tab::Containers => {
                model.dirty = true;
                containers::act(model, action);
            }
            None => effects.extend(act(model, action)),
        }
    }
    effects
}

/// A click on line `row` of a menu or of the pane's list.
fn line(model: &mut Model, row: usize) -> Vec<Effect> {
    if matches!(model.overlay, Some(Overlay::Setup(_))) {
        return setup::click(model, row);
    }
    if let Some(Overlay::Signal(menu)) = &mut model.overlay {
        menu.row = row;
        return act(model, Action::Confirm);
    }
    model.frame.focus = Focus::Pane;
    match model.pane() {
        Some(Pane::Processes) => model.looks.processes.select(row),
        Some(Pane::Connections) => model.looks.connections.select(row),
        Some(Pane::Files) => {
            let path = model
                .looks
                .files
                .list()
                .get(row)
                .map(|change| change.path.clone());
            model.looks.files.selected = path;
        }
        _ => {}
    }
    Vec::new()
}
