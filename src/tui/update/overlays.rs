//! Overlays: questions, the sort menu, help, the filter.

use super::{containers, handles, looks, moved, preset_form, typing, verbs};
use crate::record::{Record, Status};
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::model::{
    Card, Column, Model, Overlay, Question, QuestionArgument, ToastKind, help_rows,
};

/// Answers the question.
pub(super) fn answer(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Overlay::Confirm(question)) = model.overlay.clone() else {
        return Vec::new();
    };
    match action {
        Action::Confirm => {
            model.overlay = None;
            confirmed(model, question)
        }
        Action::Cancel => {
            model.overlay = None;
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// Performs what was asked about.
fn confirmed(model: &mut Model, question: Question) -> Vec<Effect> {
    let target = question.only().and_then(|id| model.record(id)).cloned();
    match (question.action, target, question.argument) {
        (Action::Quit, ..) => vec![Effect::Quit],
        (Action::DeletePreset, ..) => preset_form::delete(model),
        (Action::LimitDown, Some(record), _) => handles::confirm(model, &record),
        (_, Some(record), QuestionArgument::File(path)) => looks::revert(model, &record, path),
        (action, _, argument) => verbs::perform(model, action, &argument, &question.targets),
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

/// Closes an overlay whose containers are gone, or have ended so that nothing can be done any more;
/// says so.
pub(super) fn follow_records(model: &mut Model) {
    let reason = match &model.overlay {
        Some(Overlay::Confirm(question)) if !question.targets.is_empty() => {
            let able = model.able(question.action, &question.argument, &question.targets);
            able.left_out().filter(|_| able.records.is_empty())
        }
        Some(Overlay::Signal(menu)) => {
            let able = model.able(Action::Signal, &QuestionArgument::None, &menu.to.ids());
            able.left_out().filter(|_| able.records.is_empty())
        }
        Some(Overlay::Card(card)) => {
            let record = card.id().map(|id| model.record(id));
            // a container that was started again is not dead
            let risen = |record: &Record| {
                matches!(card, Card::Death { .. })
                    && !matches!(record.state.status, Status::Stopped { .. })
            };
            match record {
                Some(None) => Some("the container is gone".to_owned()),
                Some(Some(record)) if risen(record) => Some(format!(
                    "{} is {} again",
                    record.spec.name,
                    record.state.status.word()
                )),
                _ => None,
            }
        }
        _ => None,
    };
    if let Some(reason) = reason {
        model.overlay = None;
        model.handles.doubtful = None;
        model.toast(ToastKind::Notice, format!("closed: {reason}"));
    }
}
