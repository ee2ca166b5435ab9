//! The container table: moving, sorting, and the verbs on the selected container.

use super::{moved, overlays};
use crate::record::{Record, Status};
use crate::spec::ContainerId;
use crate::tui::action::Action;
use crate::tui::effect::{Call, Effect, EffectId};
use crate::tui::model::{Column, Model, Overlay, Pending, Sort, ToastKind};

/// Moves, sorts or filters.
pub fn act(model: &mut Model, action: Action) {
    let page = model.regions().map_or(1, |regions| regions.table_rows());
    if let Some(row) = moved(action, model.list.row(), model.list.visible().len(), page) {
        model.list.select_row(row, &model.records);
        model.list.scroll_into_view(page);
        return;
    }
    let now = model.list.sort.column;
    let at = Column::ALL.iter().position(|column| *column == now).unwrap_or(0);
    match action {
        Action::Filter => overlays::open_filter(model),
        Action::SortMenu => model.overlay = Some(Overlay::Sort(now)),
        Action::SortNext => sort(model, Column::ALL[(at + 1) % Column::ALL.len()]),
        Action::SortPrevious => sort(model, Column::ALL[(at + Column::ALL.len() - 1) % Column::ALL.len()]),
        Action::SortInvert => invert(model),
        Action::SortCpu => sort(model, Column::Cpu),
        Action::SortMemory => sort(model, Column::Memory),
        Action::SortTime => sort(model, Column::Uptime),
        _ => {}
    }
}

/// Sorts by `column`, in the order people expect of it.
pub fn sort(model: &mut Model, column: Column) {
    model.list.sort = Sort::by(column);
    model.arrange();
}

/// Turns the order round.
pub fn invert(model: &mut Model) {
    model.list.sort.descending = !model.list.sort.descending;
    model.arrange();
}

/// Does a verb to `target`, after a question where the verb destroys.
pub fn ask(model: &mut Model, action: Action, target: Option<ContainerId>) -> Vec<Effect> {
    let Some(record) = target.and_then(|id| model.record(&id).cloned()) else {
        model.toast(ToastKind::Notice, format!("{}: no container is selected", action.label()));
        return Vec::new();
    };
    if let Some(reason) = objection(model, action, &record) {
        model.toast(ToastKind::Notice, reason);
        return Vec::new();
    }
    if action == Action::Destroy {
        overlays::ask(model, action, Some(record.spec.id));
        return Vec::new();
    }
    carry_out(model, action, &record)
}

/// Hands a verb to the engine.
pub fn carry_out(model: &mut Model, action: Action, record: &Record) -> Vec<Effect> {
    let id = record.spec.id.clone();
    let grace = model.settings.stop_grace;
    let call = match action {
        Action::Start => Call::Start(id.clone()),
        Action::Stop => Call::Stop(id.clone(), grace),
        Action::Restart => Call::Restart(id.clone(), grace),
        Action::Destroy => Call::Destroy(id.clone()),
        _ => return Vec::new(),
    };
    let pending = Pending { action, target: Some(id), name: record.spec.name.as_str().to_owned() };
    vec![call_engine(model, pending, call)]
}

/// Notes what was asked for and numbers it.
pub fn call_engine(model: &mut Model, pending: Pending, call: Call) -> Effect {
    model.last_effect += 1;
    let id = EffectId(model.last_effect);
    model.pending.insert(id, pending);
    Effect::Call(id, call)
}

/// Why `action` cannot be done to `record` now, when it cannot.
#[must_use]
pub fn objection(model: &Model, action: Action, record: &Record) -> Option<String> {
    let name = record.spec.name.as_str();
    if let Some(pending) = model.pending_for(&record.spec.id) {
        return Some(format!("{name}: {} is still under way", pending.action.label().to_lowercase()));
    }
    let state = record.status.word();
    match (action, &record.status) {
        (Action::Start, Status::Running { .. } | Status::Paused { .. }) => Some(format!("{name} is {state} already")),
        (Action::Start | Action::Stop | Action::Restart, Status::Broken { .. }) => {
            Some(format!("{name} is {state}: it can only be destroyed"))
        }
        (Action::Stop, Status::Created | Status::Stopped { .. }) => Some(format!("{name} is {state}: there is nothing to stop")),
        _ => None,
    }
}
