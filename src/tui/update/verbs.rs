//! The verbs: what is done to the marked containers, or to the selected one. Several are asked
//! about once; what was done can be undone in one step.

use super::refuse;
use super::requests::call_engine;
use crate::record::{Record, Status};
use crate::spec::{ContainerId, signal_name};
use crate::tui::action::Action;
use crate::tui::effect::{Call, Effect};
use crate::tui::model::{
    EffectId, Model, Overlay, Pending, QuestionArgument, Reversal, SignalMenu, SignalTarget,
    UndoStep,
};

/// Applies a verb to the marked containers, else to the selected one. Asks first if there are
/// several, or if it cannot be undone.
pub(super) fn ask(model: &mut Model, action: Action) -> Vec<Effect> {
    let records = model.targets();
    let argument = match action {
        // one direction for all: freeze the running ones; resume only when none is running
        Action::Pause if !records.iter().any(|record| is_running(record)) => {
            QuestionArgument::Resume
        }
        _ => QuestionArgument::None,
    };
    let targets = records.iter().map(|record| record.spec.id.clone());
    let targets = targets.collect();
    ask_about(model, action, argument, targets)
}

fn ask_about(
    model: &mut Model,
    action: Action,
    argument: QuestionArgument,
    targets: Vec<ContainerId>,
) -> Vec<Effect> {
    let able = model.able(action, &argument, &targets);
    // a container that removes itself when it ends cannot be kept in the trash
    let is_final = action == Action::Destroy && able.records.iter().any(|r| r.spec.remove);
    if able.records.len() > 1 || is_final {
        model.ask(action, targets, argument);
        return Vec::new();
    }
    perform(model, action, &argument, &targets)
}

/// Applies a verb to those of `targets` to which it can be applied; tells of the others.
pub(super) fn perform(
    model: &mut Model,
    action: Action,
    argument: &QuestionArgument,
    targets: &[ContainerId],
) -> Vec<Effect> {
    let able = model.able(action, argument, targets);
    let (left_out, command) = (
        able.left_out(),
        command(model, action, argument, &able.records),
    );
    let records: Vec<Record> = able.records.into_iter().cloned().collect();
    let calls = records
        .iter()
        .filter_map(|record| call(model, action, argument, record))
        .collect();
    model.last_command = command.or(model.last_command.take());
    let effects = carry_out(model, action, calls);
    if let Some(reason) = left_out {
        refuse(model, action, &reason);
    }
    effects
}

/// A call to be made for a container, and how it is undone.
pub(super) struct Wanted {
    pub id: ContainerId,
    pub name: String,
    pub call: Call,
    pub reversal: Option<Reversal>,
}

/// Hands `calls` to the engine: what they do is undone in one step, and ends with one message.
pub(super) fn carry_out(model: &mut Model, action: Action, calls: Vec<Wanted>) -> Vec<Effect> {
    let (mut effects, mut ids, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    for wanted in calls {
        let pending = Pending {
            action,
            target: Some(wanted.id.clone()),
            name: wanted.name.clone(),
        };
        effects.push(call_engine(model, pending, wanted.call));
        let effect = EffectId(model.last_effect);
        ids.push(effect);
        steps.extend(wanted.reversal.map(|reversal| UndoStep {
            id: wanted.id,
            name: wanted.name,
            reversal,
            effect,
            since: None,
        }));
    }
    model.batches.begin(ids);
    // noted now: until it is done, undo must not take back what was done before
    model.undo.remember(action, steps, model.now);
    model.toasts.drop_hints();
    effects
}

fn call(
    model: &Model,
    action: Action,
    argument: &QuestionArgument,
    record: &Record,
) -> Option<Wanted> {
    let id = record.spec.id.clone();
    let grace = model.settings.stop_grace;
    let (call, reversal) = match (action, argument) {
        (Action::Start, _) => (Call::Start(id.clone()), Reversal::Stop),
        (Action::Stop, _) if record.spec.remove => {
            (Call::Stop(id.clone(), grace), Reversal::Impossible)
        }
        (Action::Stop, _) => (Call::Stop(id.clone(), grace), Reversal::Start),
        (Action::Restart, _) => (Call::Restart(id.clone(), grace), Reversal::Impossible),
        (Action::Pause, QuestionArgument::Resume) => (Call::Resume(id.clone()), Reversal::Pause),
        (Action::Pause, _) => (Call::Pause(id.clone()), Reversal::Resume),
        (Action::Destroy, _) if record.spec.remove => {
            (Call::Destroy(id.clone()), Reversal::Impossible)
        }
        (Action::Destroy, _) => (
            Call::ThrowAway(id.clone(), grace),
            Reversal::TakeBack(is_running(record)),
        ),
        (Action::Signal, QuestionArgument::Signal(signal)) => {
            (Call::Kill(id.clone(), *signal), Reversal::Impossible)
        }
        _ => return None,
    };
    Some(Wanted {
        id,
        name: record.spec.name.as_str().to_owned(),
        call,
        reversal: Some(reversal),
    })
}

fn command(
    model: &Model,
    action: Action,
    argument: &QuestionArgument,
    records: &[&Record],
) -> Option<String> {
    let QuestionArgument::Signal(signal) = argument else {
        return model.command_for(action, records);
    };
    let flag = signal_name(*signal);
    let names = records.iter().map(|record| record.spec.name.as_str());
    let words: Vec<&str> = ["kill", "-s", &flag].into_iter().chain(names).collect();
    (words.len() > 3).then(|| model.in_shell(&words))
}

/// Opens the signal menu for the living ones of the marked containers, or for the selected one.
pub(super) fn open_signals(model: &mut Model) {
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

/// Sends `signal` to the init of those of `ids` that are still alive; asks first if there are
/// several.
pub(super) fn signal(model: &mut Model, ids: Vec<ContainerId>, signal: i32) -> Vec<Effect> {
    ask_about(model, Action::Signal, QuestionArgument::Signal(signal), ids)
}

fn is_running(record: &Record) -> bool {
    matches!(record.state.status, Status::Running { .. })
}
