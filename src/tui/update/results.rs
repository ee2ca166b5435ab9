//! What comes back: samples, records, and the ends of what was asked for.

use super::form;
use crate::manager::Error;
use crate::record::Record;
use crate::stats::Snapshot;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, EffectId, Outcome};
use crate::tui::model::{Model, Overlay, Tab, ToastKind};
use crate::tui::wording::is_bad_end;

/// A failure in one line: what was tried, what went wrong, what can be done.
pub fn in_words(what: &str, error: &Error) -> String {
    match error.hint() {
        Some(hint) => format!("{what}: {error} ({hint})"),
        None => format!("{what}: {error}"),
    }
}

/// A tick.
pub fn sampled(model: &mut Model, snapshot: Snapshot) -> Vec<Effect> {
    model.history.push(&snapshot);
    model.host = Some(snapshot.host);
    model.gaps = snapshot.gaps;
    model.arrange();
    Vec::new()
}

/// The records were read: the `reading`th time.
pub fn records(model: &mut Model, reading: u64, result: Result<Vec<Record>, Error>) -> Vec<Effect> {
    // two threads read; the answer of the earlier reading may come later
    if model.records_read.is_some_and(|last| last > reading) {
        return Vec::new();
    }
    match result {
        Ok(records) => {
            let first = model.records_read.replace(reading).is_none();
            if !first && records == model.records {
                return Vec::new();
            }
            model.records = records;
            let gone = |id| model.record(id).is_none();
            if matches!(&model.overlay, Some(Overlay::Confirm(question)) if question.target.as_ref().is_some_and(gone)) {
                model.overlay = None;
            }
            model.arrange();
        }
        Err(error) => model.toast(ToastKind::Error, in_words("list the containers", &error)),
    }
    Vec::new()
}

/// A line about what is under way: in its form while that is open, else in a toast.
pub fn progress(model: &mut Model, id: EffectId, line: &str) -> Vec<Effect> {
    let Some(name) = model.pending.get(&id).map(|pending| pending.name.clone()) else {
        return Vec::new();
    };
    model.dirty = true;
    match form::opened(model).filter(|form| form.launching == Some(id)) {
        Some(form) => form.progress = Some(crate::tui::sanitise::printable(line)),
        None => model.toast(ToastKind::Progress(id), format!("{name}: {line}")),
    }
    Vec::new()
}

/// Something asked for is done.
pub fn done(model: &mut Model, id: EffectId, result: Result<Outcome, Error>) -> Vec<Effect> {
    let Some(pending) = model.pending.remove(&id) else {
        return Vec::new();
    };
    model.toasts.end_progress(id);
    model.dirty = true;
    let form_waits = form::opened(model).is_some_and(|form| form.launching == Some(id));
    let name = pending.name;
    match result {
        Ok(outcome) => {
            if form_waits {
                model.overlay = None;
            }
            if let Outcome::Launched(container) = &outcome {
                model.list.wanted = Some(container.clone());
                model.arrange();
                if form_waits && model.tab == Tab::Presets {
                    model.tab = Tab::Containers;
                }
            }
            let (kind, text) = match outcome {
                Outcome::Launched(container) if name.is_empty() => (ToastKind::Success, format!("launched {container}")),
                Outcome::Launched(_) => (ToastKind::Success, format!("launched {name}")),
                Outcome::Started => (ToastKind::Success, format!("started {name}")),
                Outcome::Stopped(cause) if is_bad_end(&cause) => (ToastKind::Notice, format!("stopped {name}: {}", &cause.brief())),
                Outcome::Stopped(cause) => (ToastKind::Success, format!("stopped {name}: {}", &cause.brief())),
                Outcome::Restarted => (ToastKind::Success, format!("restarted {name}")),
                Outcome::Destroyed => (ToastKind::Success, format!("destroyed {name}")),
            };
            model.toast(kind, text);
        }
        Err(error) => match form::opened(model).filter(|_| form_waits) {
            Some(form) => {
                form.launching = None;
                form.progress = None;
                form.show_error(&error);
            }
            None => {
                let verb = if pending.action == Action::Run { "launch" } else { pending.action.id() };
                model.toast(ToastKind::Error, in_words(&format!("{verb} {name}"), &error));
            }
        },
    }
    vec![Effect::ReadRecords]
}
