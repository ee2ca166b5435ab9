//! The handles on the gauges: keys and the mouse move a limit, which is set by one engine call at a
//! time.

use super::refuse;
use super::requests::call_engine;
use crate::manager::LimitChange;
use crate::record::Record;
use crate::spec::ContainerId;
use crate::tui::action::Action;
use crate::tui::effect::{Call, Effect, EffectId};
use crate::tui::model::{
    Grip, Knob, Model, Pending, PendingLimit, QuestionArgument, Reversal, UndoStep,
};

/// The call of a limit is not known when it is noted: another may be under way.
const NO_CALL: EffectId = EffectId(0);

/// Moves the focused limit one step.
pub(super) fn step(model: &mut Model, up: bool) -> Vec<Effect> {
    let Some(record) = model.selected().cloned() else {
        return Vec::new();
    };
    let knob = model.handles.focus;
    let limits = model.handles.limits(&record.spec.id, &record.spec.limits);
    if up && knob.value(&limits).is_none() {
        let reason = no_limit(model, &record);
        refuse(model, Action::LimitUp, &reason);
        return Vec::new();
    }
    let value = knob.stepped(knob.value(&limits), up, model.host_total(knob));
    set(model, &record, knob.change(value))
}

/// Why the limit under the focus cannot be raised where there is none, and how to set one.
fn no_limit(model: &Model, record: &Record) -> String {
    let (name, what) = (record.spec.name.as_str(), model.handles.focus.word());
    let keymap = &model.settings.keymap;
    match keymap.shown_key(&model.contexts(), Action::LimitDown) {
        Some(key) => format!("{name} has no {what} limit; {key} sets one"),
        None => format!("{name} has no {what} limit"),
    }
}

/// Starts dragging the handle at column `x`.
pub(super) fn take(model: &mut Model, grip: Grip, x: u16) -> Vec<Effect> {
    // ignored below an overlay and while looking back
    if model.overlay.is_some() || model.past.is_some() {
        return Vec::new();
    }
    model.handles.focus = grip.knob;
    if let Some(reason) = model.refusal(Action::LimitUp) {
        refuse(model, Action::LimitUp, &reason);
        return Vec::new();
    }
    model.handles.grip = Some(grip);
    pull(model, x)
}

/// Drags the handle to column `x`: the gauge follows at once, the limit is set on release.
pub(super) fn pull(model: &mut Model, x: u16) -> Vec<Effect> {
    let (Some(grip), Some(record)) = (&model.handles.grip, model.selected()) else {
        return Vec::new();
    };
    let change = grip.knob.change(grip.value_at(x));
    let id = record.spec.id.clone();
    let sent = model.handles.wanted.take().and_then(|wanted| wanted.sent);
    model.handles.wanted = Some(PendingLimit {
        id,
        change,
        reverts: None,
        sent,
    });
    model.dirty = true;
    Vec::new()
}

/// Releases the handle and sets the limit.
pub(super) fn release(model: &mut Model) -> Vec<Effect> {
    let (Some(_), Some(wanted)) = (model.handles.grip.take(), model.handles.wanted.clone()) else {
        return Vec::new();
    };
    model.dirty = true;
    let Some(record) = model.record(&wanted.id).cloned() else {
        return Vec::new();
    };
    if wanted.sent.is_none() {
        model.handles.wanted = None;
    }
    if wanted.change == wanted.change.of(&record.spec.limits) && wanted.sent.is_none() {
        return Vec::new();
    }
    set(model, &record, wanted.change)
}

/// Sets the limit; asks for confirmation if memory would be below current use, and before the first
/// change of a container that is not alive: a key held down goes on after its end.
fn set(model: &mut Model, record: &Record, change: LimitChange) -> Vec<Effect> {
    let id = &record.spec.id;
    if record.state.status.is_alive() {
        model.handles.agreed.remove(id);
    } else if !model.handles.agreed.contains(id) {
        return question(model, record, change, QuestionArgument::NextStart);
    }
    let used = model
        .history
        .reading(&record.spec.id)
        .filter(|_| record.state.status.is_alive())
        .and_then(|reading| reading.sample.memory);
    if let (LimitChange::Memory(Some(limit)), Some(used)) = (change, used)
        && limit < used
    {
        return question(model, record, change, QuestionArgument::None);
    }
    request(model, record, change)
}

/// Asks before `change` is made.
fn question(
    model: &mut Model,
    record: &Record,
    change: LimitChange,
    about: QuestionArgument,
) -> Vec<Effect> {
    model.handles.doubtful = Some(change);
    model.ask(Action::LimitDown, vec![record.spec.id.clone()], about);
    Vec::new()
}

/// Sets the limit after confirmation.
pub(super) fn confirm(model: &mut Model, record: &Record) -> Vec<Effect> {
    if !record.state.status.is_alive() {
        model.handles.agreed.insert(record.spec.id.clone());
    }
    match model.handles.doubtful.take() {
        Some(change) => request(model, record, change),
        None => Vec::new(),
    }
}

fn request(model: &mut Model, record: &Record, change: LimitChange) -> Vec<Effect> {
    let id = record.spec.id.clone();
    let before = change.of(&model.handles.limits(&id, &record.spec.limits));
    if before == change {
        return Vec::new();
    }
    let name = record.spec.name.as_str().to_owned();
    model.last_command = model
        .limit_command(record, change)
        .or(model.last_command.take());
    let step = UndoStep {
        id: id.clone(),
        name,
        reversal: Reversal::Limit {
            left: change,
            back: before,
        },
        effect: NO_CALL,
        since: None,
    };
    model.undo.remember(Action::LimitUp, vec![step], model.now);
    model.toasts.drop_hints();
    ask_engine(model, id, change, None)
}

/// Sets the limit, after the one being set. `reverts` is what the change left behind that this
/// undoes, if it undoes one.
pub(super) fn ask_engine(
    model: &mut Model,
    id: ContainerId,
    change: LimitChange,
    reverts: Option<LimitChange>,
) -> Vec<Effect> {
    let under_way = model
        .handles
        .wanted
        .as_ref()
        .filter(|wanted| wanted.id == id)
        .and_then(|wanted| wanted.sent);
    if let Some((effect, sent)) = under_way
        && model.pending.contains_key(&effect)
    {
        model.handles.wanted = Some(PendingLimit {
            id,
            change,
            // what was wanted and not sent yet is never set
            reverts: reverts.map(|_| sent),
            sent: under_way,
        });
        return Vec::new();
    }
    let name = model
        .record(&id)
        .map(|record| record.spec.name.as_str().to_owned())
        .unwrap_or_default();
    let pending = Pending {
        action: Action::LimitUp,
        target: Some(id.clone()),
        name,
    };
    // meant for what is seen to run: it may have ended since
    let only_alive = !model.handles.agreed.contains(&id);
    let call = match reverts {
        Some(left) => Call::RestoreLimit(id.clone(), left, change),
        None => Call::SetLimit(id.clone(), change, only_alive),
    };
    let effect = call_engine(model, pending, call);
    let asked = EffectId(model.last_effect);
    if reverts.is_some() {
        model.handles.reverting.insert(asked);
    }
    model.handles.wanted = Some(PendingLimit {
        id,
        change,
        reverts,
        sent: Some((asked, change)),
    });
    vec![effect]
}

/// Whether the call `effect` undid an earlier change, or is undone itself next: then the undo key
/// means another change.
pub(super) fn is_reverted(model: &Model, effect: EffectId) -> bool {
    let handles = &model.handles;
    let next = handles.wanted.as_ref();
    let next = next.filter(|wanted| wanted.sent.is_some_and(|(sent, _)| sent == effect));
    handles.reverting.contains(&effect) || next.is_some_and(|wanted| wanted.reverts.is_some())
}

/// Handles the result of setting a limit: sets the one requested meanwhile.
pub(super) fn answered(model: &mut Model, effect: EffectId, worked: bool) -> Vec<Effect> {
    let reverted = model.handles.reverting.remove(&effect);
    let Some(wanted) = model.handles.wanted.clone() else {
        return Vec::new();
    };
    let Some((_, change)) = wanted.sent.filter(|(sent, _)| *sent == effect) else {
        return Vec::new();
    };
    if !worked {
        model.handles.wanted = None;
        if !reverted {
            forget(model, &wanted.id, change);
        }
        return Vec::new();
    }
    if change != wanted.change && model.handles.grip.is_none() {
        return ask_engine(model, wanted.id, wanted.change, wanted.reverts);
    }
    Vec::new()
}

/// Forgets how `change` is undone, which failed; unless there were steps before it that worked.
fn forget(model: &mut Model, id: &ContainerId, change: LimitChange) {
    let Some(now) = model
        .record(id)
        .map(|record| change.of(&record.spec.limits))
    else {
        return;
    };
    model.undo.forget(|step| {
        let undoes = matches!(step.reversal, Reversal::Limit { back, .. } if back == now);
        step.id == *id && undoes
    });
}

/// What the undo key does about the limit that the call `effect` set, as the end of a message.
pub(super) fn undo_hint(model: &Model, effect: EffectId) -> String {
    let wanted = model.handles.wanted.as_ref();
    let sent = wanted
        .and_then(|wanted| Some((&wanted.id, wanted.sent?)))
        .filter(|(_, (sent, _))| *sent == effect);
    let newest = model.undo.newest().and_then(|entry| entry.steps.first());
    match (sent, newest, model.undo_key()) {
        (Some((id, (_, change))), Some(step), Some(key)) if step.id == *id => match step.reversal {
            Reversal::Limit { back: before, .. } if Knob::of(before) == Knob::of(change) => {
                format!("; {key}: back to {}", before.words())
            }
            _ => String::new(),
        },
        _ => String::new(),
    }
}

/// Forgets the pending limit once the records contain it.
pub(super) fn drop_applied(model: &mut Model) {
    let handles = &mut model.handles;
    let done = |wanted: &PendingLimit| {
        wanted
            .sent
            .is_some_and(|(effect, _)| !model.pending.contains_key(&effect))
    };
    if handles.grip.is_none() && handles.wanted.as_ref().is_some_and(done) {
        handles.wanted = None;
    }
}
