//! The container table: moving, marking, sorting.

use super::{logs, moved, verbs};
use crate::spec::ContainerId;
use crate::tui::action::Action;
use crate::tui::model::{Column, LineEdit, Model, Overlay, Sort, TileGrid};

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
        Action::Signal => verbs::open_signals(model),
        Action::Fold => {
            model.list.fold();
            model.arrange();
        }
        Action::Unmark => {
            let before = model.list.marks.len();
            model.list.marks.clear();
            logs::unmarked(model, before);
        }
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
    let before = marks.len();
    if ids.iter().all(|id| marks.contains(id)) {
        marks.retain(|id| !ids.contains(id));
    } else {
        marks.extend(ids);
    }
    logs::unmarked(model, before);
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

/// Opens the filter for editing.
fn open_filter(model: &mut Model) {
    let filter = model.list.filter.clone();
    model.overlay = Some(Overlay::Filter(LineEdit::new(filter.clone()), filter));
}
