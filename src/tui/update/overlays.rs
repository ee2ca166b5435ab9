//! Overlays: questions, the sort menu, help, the filter.

use super::{containers, looks, moved, preset_form, typing};
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::model::{Column, Model, Overlay, help_rows};

/// Answers the question.
pub(super) fn answer(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Overlay::Confirm(question)) = model.overlay.clone() else {
        return Vec::new();
    };
    match action {
        Action::Confirm => {
            model.overlay = None;
            let target = question.target.and_then(|id| model.record(&id).cloned());
            match target {
                Some(record) if question.file.is_some() => {
                    looks::revert(model, &record, question.file.unwrap_or_default())
                }
                Some(record) => containers::carry_out(model, question.action, &record),
                None if question.action == Action::DeletePreset => preset_form::delete(model),
                None if question.action == Action::Quit => vec![Effect::Quit],
                None => Vec::new(),
            }
        }
        Action::Cancel => {
            model.overlay = None;
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// Chooses the column to sort by.
pub(super) fn choose_sort(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Overlay::Sort(column)) = model.overlay else {
        return Vec::new();
    };
    let row = Column::ALL.iter().position(|c| *c == column).unwrap_or(0);
    match action {
        Action::Confirm => {
            model.overlay = None;
            // choosing the same column again reverses the order, like a click on its heading
            if model.list.sort.column == column {
                containers::invert(model);
            } else {
                containers::sort(model, column);
            }
        }
        Action::Cancel => model.overlay = None,
        Action::SortInvert => containers::invert(model),
        _ => {
            if let Some(row) = moved(action, row, Column::ALL.len(), Column::ALL.len()) {
                model.overlay = Some(Overlay::Sort(Column::ALL[row]));
            }
        }
    }
    Vec::new()
}

/// Scrolls help or closes it.
pub(super) fn scroll_help(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Overlay::Help(offset)) = model.overlay else {
        return Vec::new();
    };
    let page = help_rows(model.size);
    let max = model.help_lines().len().saturating_sub(page);
    model.overlay = match action {
        Action::Cancel => None,
        _ => Some(Overlay::Help(
            moved(action, offset, max + 1, page).unwrap_or(offset),
        )),
    };
    Vec::new()
}

/// Handles `action` while the filter is typed: accept, restore, or move in the list.
pub(super) fn type_filter(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Confirm => model.overlay = None,
        Action::Cancel => {
            if let Some(Overlay::Filter(_, before)) = model.overlay.take() {
                model.list.filter = before;
                model.arrange();
            }
        }
        Action::Up | Action::Down => containers::act(model, action),
        _ => typing::edit_action(model, action),
    }
    Vec::new()
}
