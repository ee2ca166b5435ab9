//! Undo of the newest entry.

use super::verbs::{Wanted, carry_out};
use super::{handles, refuse};
use crate::record::Status;
use crate::spec::RestartPolicy;
use crate::tui::action::Action;
use crate::tui::effect::{Call, Effect};
use crate::tui::model::{Model, QuestionArgument, Reversal, UndoStep, Undoable, running_since};

/// Undoes the newest entry.
pub(super) fn undo(model: &mut Model) -> Vec<Effect> {
    let Some(entry) = model.undo.pop() else {
        return Vec::new();
    };
    model.toasts.drop_hints();
    if let Some(reason) = impossible(model, &entry) {
        refuse(model, Action::Undo, &reason);
        return Vec::new();
    }
    let (mut calls, mut reasons) = (Vec::new(), Vec::new());
    for step in entry.steps {
        if let Some(reason) = reason_against(model, &step) {
            reasons.push(reason);
            continue;
        }
        let id = step.id.clone();
        let grace = model.settings.stop_grace;
        let call = match step.reversal {
            Reversal::Limit { left, back } => {
                return handles::ask_engine(model, id, back, Some(left));
            }
            Reversal::TakeBack(starts) => Call::TakeBack(id, starts),
            Reversal::Start => Call::Start(id),
            Reversal::Stop => Call::Stop(id, grace),
            Reversal::Pause => Call::Pause(id),
            Reversal::Resume => Call::Resume(id),
            Reversal::Rename { left, back } => Call::RestoreName(id, left, back),
            Reversal::Impossible => continue,
        };
        calls.push(Wanted {
            id: step.id,
            name: step.name,
            call,
            reversal: None,
        });
    }
    let left_out = match (reasons.first(), reasons.len(), calls.len()) {
        (None, ..) => None,
        (Some(only), 1, 0) => Some(only.clone()),
        (Some(first), count, able) => Some(format!("not {count} of the {}: {first}", count + able)),
    };
    let effects = carry_out(model, Action::Undo, calls);
    if let Some(reason) = left_out {
        refuse(model, Action::Undo, &reason);
    }
    effects
}

/// Says of an action that cannot be undone what it was, and what comes next.
fn impossible(model: &Model, entry: &Undoable) -> Option<String> {
    if entry
        .steps
        .iter()
        .any(|step| step.reversal != Reversal::Impossible)
    {
        return None;
    }
    let what = entry.action.label().to_lowercase();
    let whom = whom(&entry.steps)?;
    let mut text = format!("{what} of {whom} cannot be undone");
    if let (Some(next), Some(key)) = (model.undo.newest(), model.undo_key())
        && let (Some(step), Some(whom)) = (next.steps.first(), self::whom(&next.steps))
        && step.reversal != Reversal::Impossible
    {
        text.push_str(&format!("; {key} again {}", step.reversal.phrase(&whom)));
    }
    Some(text)
}

/// The name of the only container, or the number of them.
fn whom(steps: &[UndoStep]) -> Option<String> {
    match steps {
        [] => None,
        [step] => Some(step.name.clone()),
        several => Some(format!("{} containers", several.len())),
    }
}

/// Why `step` cannot be undone now.
fn reason_against(model: &Model, step: &UndoStep) -> Option<String> {
    if let Reversal::TakeBack(_) = step.reversal {
        return None;
    }
    let Some(record) = model.record(&step.id) else {
        return Some(format!("{} is gone", step.name));
    };
    let (action, argument) = match step.reversal {
        Reversal::Start => (Action::Start, QuestionArgument::None),
        Reversal::Stop => (Action::Stop, QuestionArgument::None),
        Reversal::Pause => (Action::Pause, QuestionArgument::None),
        Reversal::Resume => (Action::Pause, QuestionArgument::Resume),
        // the engine compares them with the newest record
        Reversal::Limit { .. } | Reversal::Rename { .. } => return None,
        Reversal::TakeBack(_) | Reversal::Impossible => return None,
    };
    let name = record.spec.name.as_str();
    if step.reversal == Reversal::Stop && matches!(record.state.status, Status::Paused { .. }) {
        return Some(format!("not undone: {name} was paused meanwhile"));
    }
    // its policy may have started it again, which changes nothing about what was done
    let is_another_run = running_since(record)
        .zip(step.since)
        .is_some_and(|(now, then)| now != then);
    if is_another_run && record.spec.restart == RestartPolicy::No {
        return Some(format!("not undone: {name} was started again meanwhile"));
    }
    let ids = [record.spec.id.clone()];
    model.able(action, &argument, &ids).reasons.pop()
}
