//! The parts of the Containers tab: panes, focus, zoom and the divider; and that a pane follows the
//! selected container.

use super::{logs, looks, refuse, requests, shells, show};
use crate::spec::ContainerId;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::model::{Focus, Model, Pane, Tab};

/// Percent of the rows that one key moves the divider.
const STEP: u16 = 10;

/// What a pane shows: which one, of which container or group, or the logs of several.
#[derive(PartialEq)]
pub(super) struct Shown {
    pane: Option<Pane>,
    container: Option<ContainerId>,
    group: Option<String>,
    merged: bool,
}

/// What is shown now.
pub(super) fn shown(model: &Model) -> Shown {
    Shown {
        pane: model.pane(),
        container: model.list.selected.clone(),
        group: model.list.group.clone(),
        merged: model.log.merged,
    }
}

/// Looks at what is shown now, if it was something else `before`.
pub(super) fn follow(model: &mut Model, before: &Shown) -> Vec<Effect> {
    if shown(model) == *before {
        return Vec::new();
    }
    if model.list.selected != before.container {
        model.looks.files.viewer = None;
    }
    model.scroll_list();
    match model.pane() {
        Some(Pane::Logs) if model.log.merged => logs::read_on(model),
        Some(Pane::Logs) => logs::show(model),
        Some(_) => looks::look_anew(model),
        None => Vec::new(),
    }
}

/// Shows `pane` and gives it the keys.
pub(super) fn open(model: &mut Model, pane: Pane) {
    model.tab = Tab::Containers;
    model.overlay = None;
    model.frame.pane = pane;
    model.frame.focus = Focus::Pane;
    // where both have no room they take turns
    model.frame.zoomed |= model.pane().is_none();
    model.arrange();
}

/// To the pane, and in it to the next or the previous one; on other tabs to the next tab.
pub(super) fn turn(model: &mut Model, action: Action) -> Vec<Effect> {
    let forward = action == Action::NextPane;
    let steps = |count: usize| if forward { 1 } else { count - 1 };
    if model.tab != Tab::Containers {
        return show(model, model.tab.turned(steps(Tab::ALL.len())));
    }
    let pane = model.frame.pane;
    let entering = model.focused().is_none();
    open(
        model,
        if entering {
            pane
        } else {
            pane.turned(steps(Pane::ALL.len()))
        },
    );
    Vec::new()
}

/// Opens a shell in the selected container and types into it; goes on in the one that is open.
pub(super) fn shell(model: &mut Model) -> Vec<Effect> {
    open(model, Pane::Shell);
    shells::act(model, Action::EnterShell)
}

/// Gives the pane the whole screen, or the list its rows back.
pub(super) fn zoom(model: &mut Model) {
    model.frame.zoomed = !model.frame.zoomed;
    model.frame.focus = Focus::Pane;
    if !model.frame.zoomed && model.pane().is_none() {
        model.frame.focus = Focus::List;
    }
    model.arrange();
}

/// One step back: from zoom to the pane, from the pane to the list. Returns whether there was one.
pub(super) fn back(model: &mut Model) -> bool {
    if model.tab != Tab::Containers || model.focused().is_none() {
        return false;
    }
    if model.frame.zoomed {
        zoom(model);
    } else {
        model.frame.focus = Focus::List;
    }
    true
}

/// Moves the divider, or says why it stays.
pub(super) fn grow(model: &mut Model, action: Action) {
    let Some((list, rows)) = list_of(model) else {
        return;
    };
    let downwards = action == Action::GrowList;
    let step = (rows * STEP / 100).max(1);
    let wanted = if downwards {
        list + step
    } else {
        list.saturating_sub(step)
    };
    let why = match (model.regions(), downwards) {
        (Some(regions), _) if regions.body.height == 0 || regions.pane.height == 0 => {
            "list and pane are shown in turns"
        }
        _ if divide(model, wanted, rows) => return,
        (_, true) if usize::from(list) > model.list.rows().len() && !model.list.tiles => {
            "the list has the rows that it needs"
        }
        (_, true) => "the list has the most rows that it can",
        (_, false) => "the pane has the most rows that it can",
    };
    refuse(model, action, why);
}

/// The rows of the list, and of list, divider and pane together.
fn list_of(model: &Model) -> Option<(u16, u16)> {
    let regions = model.regions()?;
    let list = regions.body.height;
    Some((list, list + regions.divider.height + regions.pane.height))
}

/// Gives the list `list` of `rows`; changes nothing where the divider stays. Returns whether it
/// moved.
fn divide(model: &mut Model, list: u16, rows: u16) -> bool {
    let before = (model.frame.divider, list_of(model));
    model.frame.divide(list, rows);
    let moved = list_of(model) != before.1;
    if !moved {
        model.frame.divider = before.0;
    }
    model.arrange();
    moved
}

/// Drags the divider to row `y`; begins to where a pane's name was pressed.
pub(super) fn drag(model: &mut Model, y: u16) {
    if let Some((_, from)) = model.frame.pressed {
        if y == from {
            return;
        }
        model.frame.pressed = None;
        model.frame.dragging = true;
    }
    if let (Some(regions), Some((_, rows))) = (model.regions(), list_of(model)) {
        divide(model, y.saturating_sub(regions.body.y), rows);
    }
}

/// Ends what a press began: a pane's name that was not dragged shows the pane.
pub(super) fn release(model: &mut Model) {
    model.frame.dragging = false;
    if let Some((pane, _)) = model.frame.pressed.take() {
        open(model, pane);
        model.dirty = true;
    }
}

/// Remembers the divider, the pane and the order of the list for the next start.
pub(super) fn remember(model: &mut Model) -> Vec<Effect> {
    let (divider, pane, sort) = (model.frame.divider, model.frame.pane, model.list.sort);
    let before = &model.remembered;
    let same = before.divider == divider
        && Model::remembered_pane(before) == pane
        && Model::remembered_sort(before) == sort;
    if same || model.frame.dragging {
        return Vec::new();
    }
    requests::remember(model, |remembered| {
        remembered.divider = divider;
        remembered.pane = Some(pane.context().id().to_owned());
        remembered.sort = Some(sort.column.id().to_owned());
        remembered.descending = Some(sort.descending);
    })
}

/// Selects the container above or below; the pane follows.
pub(super) fn turn_container(model: &mut Model, action: Action) {
    let downwards = action == Action::NextContainer;
    if let Some(row) = model.list.row_of_neighbour(downwards) {
        model.list.select_row(row, &model.records);
    }
    model.scroll_list();
    model.log.merged = false;
}

/// Performs `action` in `pane`.
pub(super) fn act(model: &mut Model, pane: Pane, action: Action) -> Vec<Effect> {
    match pane {
        Pane::Logs => logs::act(model, action),
        Pane::Shell => shells::act(model, action),
        Pane::Processes | Pane::Files | Pane::Isolation | Pane::Connections => {
            looks::in_pane(model, pane, action)
        }
        Pane::History => {
            if action == Action::WidenHistory {
                model.span = Some(model.history_span().next());
            }
            Vec::new()
        }
        // it has no keys of its own
        _ => Vec::new(),
    }
}
