//! What is said when an engine call has ended.

use super::handles;
use crate::manager::TRASH_KEPT;
use crate::tui::action::Action;
use crate::tui::effect::{EffectId, Outcome};
use crate::tui::model::{Batch, Model, Pending, Reversal, ToastKind};
use crate::tui::wording::{is_unexpected, listed};

/// The most names listed of a batch.
const MAX_NAMES: usize = 4;

/// Tells `outcome` of the call `id`, and what the undo key does about it.
pub(super) fn tell(model: &mut Model, id: EffectId, pending: &Pending, outcome: &Outcome) {
    if let Outcome::ThrownAway = outcome {
        model.purge_at.get_or_insert(model.now + TRASH_KEPT);
    }
    if let Some(batch) = model.batches.of(id) {
        let word = word(pending.action, outcome);
        batch.done.push((word, pending.name.clone()));
        return;
    }
    let hint = match (outcome, undo_hint(model, &[id], "it")) {
        // said of what was done on purpose, not of what was launched
        (Outcome::Launched(_), _) => String::new(),
        (Outcome::ThrownAway, hint) if hint.is_empty() => {
            format!("; it is in the trash{}", kept())
        }
        // where it was reverted the undo key takes back another change
        (Outcome::LimitSet(_), _) if handles::is_reverted(model, id) => String::new(),
        (Outcome::LimitSet(_), _) => handles::undo_hint(model, id),
        (_, hint) => hint,
    };
    let kind = match outcome {
        Outcome::Extracted(done) if !done.is_whole() => ToastKind::Notice,
        Outcome::Stopped(cause) if is_unexpected(cause) => ToastKind::Notice,
        Outcome::LimitSet(_) => ToastKind::Changed,
        _ => ToastKind::Success,
    };
    model.toast(kind, sentence(pending, outcome));
    if !hint.is_empty() {
        model.toasts.hint(&hint);
    }
}

fn sentence(pending: &Pending, outcome: &Outcome) -> String {
    let name = pending.name.as_str();
    let undoes = pending.action == Action::Undo;
    let again = if undoes { " again" } else { "" };
    match outcome {
        Outcome::Signalled => format!("{name} has the signal"),
        Outcome::Extracted(done) => format!("extracted {name}: {done}"),
        Outcome::Reverted => format!("reverted {name}"),
        Outcome::Launched(container) if name.is_empty() => format!("launched {container}"),
        Outcome::Launched(_) => format!("launched {name}"),
        Outcome::Started => format!("started {name}{again}"),
        Outcome::Stopped(cause) => format!("stopped {name}{again}: {}", cause.brief()),
        Outcome::Paused => format!("paused {name}{again}"),
        Outcome::Resumed => format!("{name} goes on"),
        Outcome::Restarted => format!("restarted {name}"),
        Outcome::Renamed(new) if undoes => format!("{new} has its name again"),
        Outcome::Renamed(new) => format!("renamed {name} to {new}"),
        Outcome::ThrownAway | Outcome::Destroyed => format!("destroyed {name}"),
        Outcome::TakenBack(true) => format!("brought {name} back; it runs again"),
        Outcome::TakenBack(false) => format!("brought {name} back; it is stopped"),
        Outcome::LimitSet(updated) => {
            let next = if updated.live {
                ""
            } else {
                ", from its next start on"
            };
            format!("{name}: {}{next}", updated.changes.join(", "))
        }
        Outcome::Written(file) => match pending.action {
            Action::SavePreset => format!("saved the preset {name} in {}", file.display()),
            Action::Setup => format!("saved the setup in {}", file.display()),
            Action::DeletePreset => format!("took the preset {name} out of {}", file.display()),
            _ => format!("written: {}", file.display()),
        },
    }
}

/// What was done, in a word, for the message about several containers.
fn word(action: Action, outcome: &Outcome) -> &'static str {
    match (outcome, action) {
        (Outcome::Started, Action::Undo) => "started again",
        (Outcome::Started, _) => "started",
        (Outcome::Stopped(_), Action::Undo) => "stopped again",
        (Outcome::Stopped(_), _) => "stopped",
        (Outcome::Paused, Action::Undo) => "paused again",
        (Outcome::Paused, _) => "paused",
        (Outcome::Resumed, _) => "resumed",
        (Outcome::Restarted, _) => "restarted",
        (Outcome::ThrownAway | Outcome::Destroyed, _) => "destroyed",
        (Outcome::TakenBack(true), _) => "brought back, running:",
        (Outcome::TakenBack(false), _) => "brought back, stopped:",
        (Outcome::Signalled, _) => "sent the signal to",
        _ => "done:",
    }
}

/// Tells what became of a batch: one message about what was done, one about what failed.
pub(super) fn ended(model: &mut Model, batch: Batch) {
    if let Some((word, _)) = batch.done.first() {
        let names: Vec<&str> = batch.done.iter().map(|(_, name)| name.as_str()).collect();
        let calls: Vec<EffectId> = batch.calls.iter().copied().collect();
        let hint = undo_hint(model, &calls, "them");
        let count = names.len();
        let text = format!("{word} {count}: {}", listed(&names, MAX_NAMES));
        model.toast(ToastKind::Success, text);
        if !hint.is_empty() {
            model.toasts.hint(&hint);
        }
    }
    match batch.failed.as_slice() {
        [] => {}
        [only] => model.toast(ToastKind::Error, only),
        [first, rest @ ..] => {
            let text = format!("{first}; {} more failed", rest.len());
            model.toast(ToastKind::Error, text);
        }
    }
}

/// What the undo key does about these calls, as the end of a message: empty when it would undo
/// something else.
fn undo_hint(model: &Model, calls: &[EffectId], whom: &str) -> String {
    let newest = model.undo.newest().and_then(|entry| {
        let mut steps = entry.steps.iter();
        steps.find(|step| calls.contains(&step.effect))
    });
    match (newest.map(|step| &step.reversal), model.undo_key()) {
        (Some(Reversal::Impossible), _) => "; this cannot be undone".to_owned(),
        (Some(reversal), Some(key)) => {
            let kept = match reversal {
                Reversal::TakeBack(_) => kept(),
                _ => String::new(),
            };
            format!("; {key} {}{kept}", reversal.phrase(whom))
        }
        _ => String::new(),
    }
}

fn kept() -> String {
    format!(" for {} minutes", TRASH_KEPT.as_mins())
}
