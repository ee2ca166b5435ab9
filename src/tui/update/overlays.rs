//! What lies over a tab and has the keys: questions, the sort menu, help, the filter.

use super::{containers, form, moved, preset_form};
use crate::spec::ContainerId;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::model::{Column, LineEdit, Model, Overlay, Question};

/// Asks before doing `action` to `target`.
pub(super) fn ask(model: &mut Model, action: Action, target: Option<ContainerId>) {
    model.overlay = Some(Overlay::Confirm(Question {
        action,
        target,
        file: None,
    }));
}

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
                    super::looks::revert(model, &record, question.file.unwrap_or_default())
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
            // the same column again turns the order round, as a click on its heading does
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
    let page = crate::tui::view::help_rows(model.size);
    let most = crate::tui::view::help_lines(model).saturating_sub(page);
    model.overlay = match action {
        Action::Cancel => None,
        _ => Some(Overlay::Help(
            moved(action, offset, most + 1, page).unwrap_or(offset),
        )),
    };
    Vec::new()
}

/// Opens the filter for typing, with what it is now.
pub(super) fn open_filter(model: &mut Model) {
    let filter = model.list.filter.clone();
    model.overlay = Some(Overlay::Filter(LineEdit::new(filter.clone()), filter));
}

/// Keeps the filter, takes it back, or moves in the list while it is typed.
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
        _ => edit_action(model, action),
    }
    Vec::new()
}

/// Does what `change` says to the line being typed, when there is one.
pub(super) fn edit(model: &mut Model, change: impl FnOnce(&mut LineEdit)) {
    model.dirty = true;
    match &mut model.overlay {
        Some(Overlay::Form(form)) => form::edit(form, change),
        Some(Overlay::Preset(form)) => preset_form::edit(form, change),
        Some(Overlay::Line(prompt)) => {
            prompt.error = None;
            change(&mut prompt.line);
        }
        Some(Overlay::Palette(palette)) => {
            change(&mut palette.line);
            let mut palette = std::mem::take(palette);
            palette.search(model);
            model.overlay = Some(Overlay::Palette(palette));
        }
        Some(Overlay::Prompt(_)) => super::looks::edit_prompt(model, change),
        Some(Overlay::Filter(line, _)) => {
            change(line);
            model.list.filter = line.text().to_owned();
            model.arrange();
        }
        _ => {}
    }
}

/// Does an editing action to the line being typed.
pub(super) fn edit_action(model: &mut Model, action: Action) {
    edit(model, |line| match action {
        Action::CursorLeft => line.left(),
        Action::CursorRight => line.right(),
        Action::CursorHome => line.home(),
        Action::CursorEnd => line.end(),
        Action::DeleteBefore => line.delete_before(),
        Action::DeleteAt => line.delete_at(),
        Action::DeleteWord => line.delete_word(),
        Action::DeleteLine => line.delete_line(),
        _ => {}
    });
}

/// Pastes into the line being typed; elsewhere a paste would be a burst of keys nobody meant, so it
/// does nothing.
pub(super) fn paste(model: &mut Model, text: &str) {
    edit(model, |line| line.paste(text));
}
