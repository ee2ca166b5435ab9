//! The container table: moving, sorting, and the verbs on the selected container.

use super::requests::call_engine;
use super::{handles, moved, refuse};
use crate::record::{Record, Status};
use crate::spec::{ContainerId, signal_name};
use crate::tui::action::Action;
use crate::tui::effect::{Call, Effect};
use crate::tui::model::{
    Column, LineEdit, Model, Overlay, Pending, SignalMenu, SignalTarget, Sort, TileGrid, ToastKind,
    UndoStep,
};

/// Moves, sorts or filters.
pub(super) fn act(model: &mut Model, action: Action) {
    let (row, count) = (model.list.row(), model.list.rows().len());
    let to = match model.tiles() {
        Some(grid) => moved_among_tiles(action, row, count, grid),
        None => moved(
            action,
            row,
            count,
            model.regions().map_or(1, |regions| regions.table_rows()),
        ),
    };
    if let Some(row) = to {
        model.list.select_row(row, &model.records);
        model.scroll_list();
        return;
    }
    let now = model.list.sort.column;
    match action {
        Action::Tiles => {
            model.list.tiles = !model.list.tiles;
            model.arrange();
        }
        Action::Mark => mark(model),
        Action::Fold => {
            model.list.fold();
            model.arrange();
        }
        Action::Signal => open_signals(model),
        Action::Unmark => model.list.marks.clear(),
        Action::Filter => open_filter(model),
        Action::SortMenu => model.overlay = Some(Overlay::Sort(now)),
        Action::SortNext => sort_beside(model, 1),
        Action::SortPrevious => sort_beside(model, -1),
        Action::SortInvert => invert(model),
        Action::SortCpu => sort(model, Column::Cpu),
        Action::SortMemory => sort(model, Column::Memory),
        Action::SortTime => sort(model, Column::Uptime),
        _ => {}
    }
}

/// Marks or unmarks the selected container, or all of the selected group, and selects the next.
fn mark(model: &mut Model) {
    let ids: Vec<ContainerId> = match model.list.selected_group() {
        Some(group) => group
            .members
            .iter()
            .map(|at| model.records[*at].spec.id.clone())
            .collect(),
        None => model.list.selected.iter().cloned().collect(),
    };
    let marks = &mut model.list.marks;
    if ids.iter().all(|id| marks.contains(id)) {
        marks.retain(|id| !ids.contains(id));
    } else {
        marks.extend(ids);
    }
    act(
        model,
        if model.list.tiles {
            Action::Right
        } else {
            Action::Down
        },
    );
}

/// The new selection among `count` tiles: up and down by rows of tiles, left and right by one.
fn moved_among_tiles(action: Action, row: usize, count: usize, grid: TileGrid) -> Option<usize> {
    let last = count.saturating_sub(1);
    let to = match action {
        Action::Left => return Some(row.saturating_sub(1)),
        Action::Right => return Some((row + 1).min(last)),
        Action::First => return Some(0),
        Action::Last => return Some(last),
        _ => {
            moved(
                action,
                row / grid.columns,
                count.div_ceil(grid.columns),
                grid.rows + 1,
            )? * grid.columns
                + row % grid.columns
        }
    };
    // below the end of a row that is not full is the last tile
    Some(to.min(last))
}

/// Sorts by the shown column that is `steps` to the right of the present one, from the last on to
/// the first.
fn sort_beside(model: &mut Model, steps: isize) {
    let columns = model.shown_columns();
    let now = model.list.sort.column;
    let at = columns.iter().position(|column| *column == now);
    let count = columns.len() as isize;
    let to = match at {
        Some(at) => (at as isize + steps).rem_euclid(count.max(1)),
        // it is sorted by a column that is not shown
        None => 0,
    };
    if let Some(column) = columns.get(to as usize) {
        sort(model, *column);
    }
}

/// Sorts by `column` in its default direction.
pub(super) fn sort(model: &mut Model, column: Column) {
    model.list.sort = Sort::by(column);
    model.arrange();
}

/// Reverses the order.
pub(super) fn invert(model: &mut Model) {
    model.list.sort.descending = !model.list.sort.descending;
    model.arrange();
}

/// Applies a verb to the marked containers, else to the selected one. Asks first if it cannot be
/// undone.
pub(super) fn ask(model: &mut Model, action: Action) -> Vec<Effect> {
    let records: Vec<Record> = model.targets().into_iter().cloned().collect();
    match records.as_slice() {
        [] => Vec::new(),
        [record] => ask_one(model, action, record),
        several => ask_several(model, action, several),
    }
}

fn ask_one(model: &mut Model, action: Action, record: &Record) -> Vec<Effect> {
    // a container that removes itself when it ends cannot be kept in the trash
    if action == Action::Destroy && record.spec.remove {
        model.ask(action, Some(record.spec.id.clone()));
        return Vec::new();
    }
    carry_out(model, action, record)
}

/// Applies a verb where possible; reports the number of the others, with the first reason.
fn ask_several(model: &mut Model, action: Action, records: &[Record]) -> Vec<Effect> {
    let (mut effects, mut done, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    // one direction for all: freeze the running ones; resume only when none is running
    let freezes = action == Action::Pause
        && records
            .iter()
            .any(|record| matches!(record.state.status, Status::Running { .. }));
    for record in records {
        let passing = action == Action::Destroy && record.spec.remove;
        let passing = passing.then(|| {
            format!(
                "{} removes itself when it ends: stop it instead",
                record.spec.name
            )
        });
        let frozen = freezes && matches!(record.state.status, Status::Paused { .. });
        let frozen = frozen.then(|| format!("{} is PAUSED already", record.spec.name));
        match model.objection(action, record).or(passing).or(frozen) {
            Some(reason) => refused.push(reason),
            None => {
                effects.extend(carry_out(model, action, record));
                done.push(record);
            }
        }
    }
    model.last_command = model
        .command_for(action, &done)
        .or(model.last_command.take());
    if let Some(first) = refused.first() {
        let (count, all) = (refused.len(), records.len());
        refuse(
            model,
            action,
            &format!("not {count} of the {all} marked: {first}"),
        );
    }
    effects
}

/// Opens the filter for editing.
fn open_filter(model: &mut Model) {
    let filter = model.list.filter.clone();
    model.overlay = Some(Overlay::Filter(LineEdit::new(filter.clone()), filter));
}

/// Opens the signal menu for the living ones of the marked containers, or for the selected one.
fn open_signals(model: &mut Model) {
    let alive = model
        .targets()
        .into_iter()
        .filter(|record| record.state.status.is_alive());
    let ids: Vec<ContainerId> = alive.map(|record| record.spec.id.clone()).collect();
    model.overlay = Some(Overlay::Signal(SignalMenu {
        to: SignalTarget::Containers(ids),
        row: 0,
    }));
}

/// Sends `signal` to the init of those of `ids` that are still alive.
pub(super) fn signal(model: &mut Model, ids: &[ContainerId], signal: i32) -> Vec<Effect> {
    let (mut effects, mut names) = (Vec::new(), Vec::new());
    for id in ids {
        let Some(record) = model
            .record(id)
            .filter(|record| record.state.status.is_alive())
        else {
            continue;
        };
        let name = record.spec.name.as_str().to_owned();
        let pending = Pending {
            action: Action::Signal,
            target: Some(id.clone()),
            name: name.clone(),
        };
        effects.push(call_engine(model, pending, Call::Kill(id.clone(), signal)));
        names.push(name);
    }
    if names.is_empty() {
        model.toast(ToastKind::Notice, "Signal: it has ended");
        return effects;
    }
    let flag = signal_name(signal);
    let words: Vec<&str> = ["kill", "-s", &flag]
        .into_iter()
        .chain(names.iter().map(String::as_str))
        .collect();
    model.last_command = Some(model.in_shell(&words));
    effects
}

/// Hands a verb to the engine.
pub(super) fn carry_out(model: &mut Model, action: Action, record: &Record) -> Vec<Effect> {
    let id = record.spec.id.clone();
    let grace = model.settings.stop_grace;
    let call = match action {
        Action::Start => Call::Start(id.clone()),
        Action::Stop => Call::Stop(id.clone(), grace),
        Action::Restart => Call::Restart(id.clone(), grace),
        Action::Pause if matches!(record.state.status, Status::Paused { .. }) => {
            Call::Resume(id.clone())
        }
        Action::Pause => Call::Pause(id.clone()),
        Action::Destroy if record.spec.remove => Call::Destroy(id.clone()),
        Action::Destroy => Call::ThrowAway(id.clone(), grace),
        Action::LimitDown => return handles::confirm(model, record),
        _ => return Vec::new(),
    };
    model.last_command = model
        .command_for(action, &[record])
        .or(model.last_command.take());
    let name = record.spec.name.as_str().to_owned();
    if matches!(call, Call::ThrowAway(..)) {
        // noted now: until it is in the trash, undo must not take back what was done before
        model
            .undo
            .remember(id.clone(), name.clone(), UndoStep::TakeBack, model.now);
    }
    let pending = Pending {
        action,
        target: Some(id),
        name,
    };
    vec![call_engine(model, pending, call)]
}
