//! Results: samples, records, and the ends of engine calls.

use std::collections::BTreeSet;

use super::requests::{failure_text, show_progress};
use super::{card, form, handles, outcomes, overlays, past, preset_form};
use crate::manager::{Error, TRASH_KEPT};
use crate::record::Record;
use crate::spec::ContainerId;
use crate::stats::Snapshot;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, EffectId, Outcome};
use crate::tui::model::{FailedLaunch, Model, Overlay, Reversal, Tab, ToastKind, UndoStep};
use crate::tui::settings::Settings;

/// A tick.
pub(super) fn sampled(model: &mut Model, snapshot: Snapshot) -> Vec<Effect> {
    model.history.push(&snapshot);
    model.host = Some(snapshot.host);
    model.gaps = snapshot.gaps;
    model.sampled_at = model.now;
    past::follow(model);
    if model.past.is_none() {
        model.arrange();
    }
    if model.purge_at.is_some_and(|due| due <= model.now) {
        model.purge_at = Some(model.now + TRASH_KEPT / 10);
        return vec![Effect::PurgeTrash];
    }
    super::looks::look(model)
}

/// Takes the records of read number `reading`.
pub(super) fn records(
    model: &mut Model,
    reading: u64,
    result: Result<Vec<Record>, Error>,
) -> Vec<Effect> {
    // two threads read; results can arrive out of order
    if model.records_read.is_some_and(|last| last > reading) {
        return Vec::new();
    }
    handles::drop_applied(model);
    match result {
        Ok(records) => {
            model.note_runs(&records);
            let first = model.records_read.replace(reading).is_none();
            if !first && records == model.records {
                return Vec::new();
            }
            let before = std::mem::replace(&mut model.records, records);
            card::report_deaths(model, &before);
            let kept: BTreeSet<_> = model.records.iter().map(|record| &record.spec.id).collect();
            model.history.retain(|id| kept.contains(id));
            let marked = model.list.marks.len();
            model.list.marks.retain(|id| kept.contains(id));
            if model.overlay.is_none() {
                model.departed.clear();
            }
            let gone = before.iter().map(|record| &record.spec);
            let gone = gone.filter(|spec| !kept.contains(&spec.id));
            model
                .departed
                .extend(gone.map(|spec| (spec.id.clone(), spec.name.to_string())));
            super::logs::unmarked(model, marked);
            overlays::follow_records(model);
            model.arrange();
            return super::logs::renew(model);
        }
        Err(error) => model.toast(
            ToastKind::Error,
            failure_text("list the containers", &error),
        ),
    }
    Vec::new()
}

/// The config file changed.
pub(super) fn settings(model: &mut Model, result: Result<Box<Settings>, String>) {
    match result {
        Ok(settings) => {
            // it would bring back what was there before
            if matches!(model.overlay, Some(Overlay::Setup(_))) {
                model.overlay = None;
            }
            model.settings = *settings;
            model.preset = model
                .preset
                .min(model.settings.presets.len().saturating_sub(1));
            model.toast(
                ToastKind::Success,
                "the config file has changed: read again",
            );
        }
        Err(reason) => model.toast(
            ToastKind::Error,
            format!("config file not applied, the previous settings stay: {reason}"),
        ),
    }
    model.arrange();
}

/// Shows a line of progress in its form if that is open, else in a toast.
pub(super) fn progress(model: &mut Model, id: EffectId, line: &str) -> Vec<Effect> {
    if !model.pending.contains_key(&id) {
        return Vec::new();
    }
    model.dirty = true;
    match form::opened(model).filter(|form| form.launching == Some(id)) {
        Some(form) => form.progress = Some(crate::tui::sanitise::printable(line)),
        None => show_progress(model, id, line),
    }
    Vec::new()
}

/// An effect ended.
pub(super) fn done(model: &mut Model, id: EffectId, result: Result<Outcome, Error>) -> Vec<Effect> {
    let Some(pending) = model.pending.remove(&id) else {
        return Vec::new();
    };
    model.toasts.end_progress(id);
    model.dirty = true;
    let form_waits = form::opened(model).is_some_and(|form| form.launching == Some(id));
    let name = pending.name.clone();
    let in_form = preset_form::saved(model, id, result.as_ref().err().map(ToString::to_string));
    if in_form && result.is_err() {
        return Vec::new();
    }
    let mut more = Vec::new();
    match result {
        Ok(outcome) => {
            if form_waits {
                model.overlay = None;
            }
            if let Outcome::Launched(container) = &outcome {
                model.list.wanted = Some(container.clone());
                note_launch(model, id, container.clone(), &name);
                model.arrange();
                if form_waits && model.tab == Tab::Presets {
                    model.tab = Tab::Containers;
                }
            }
            if let Outcome::TakenBack(_) = outcome {
                model.list.wanted.clone_from(&pending.target);
            }
            outcomes::tell(model, id, &pending, &outcome);
            if let Outcome::LimitSet(_) = outcome {
                more = handles::answered(model, id, true);
            }
        }
        Err(error) => {
            match form::opened(note_failed_launch(model, &name, &error)).filter(|_| form_waits) {
                Some(form) => {
                    form.launching = None;
                    form.progress = None;
                    form.show_error(&error);
                }
                None => {
                    handles::answered(model, id, false);
                    model.undo.forget(|step| step.effect == id);
                    let what = match pending.action {
                        // the error names the file
                        Action::SaveLog | Action::Export => "save".to_owned(),
                        Action::Run => format!("launch {name}"),
                        Action::LimitUp => format!("limit {name}"),
                        other => format!("{} {name}", other.id()),
                    };
                    let mut text = match &error {
                        Error::NotUndone(_) => failure_text(&name, &error),
                        _ => failure_text(&what, &error),
                    };
                    if pending.action == Action::Run && model.failed_launch.is_some() {
                        text += &card::launch_hint(model);
                    }
                    match model.batches.of(id) {
                        Some(batch) => batch.failed.push(text),
                        None => model.toast(ToastKind::Error, text),
                    }
                }
            }
        }
    }
    if let Some(batch) = model.batches.ended(id) {
        outcomes::ended(model, batch);
    }
    more.push(Effect::ReadRecords);
    more
}

/// A launch cannot be undone, and what was done before it is not what is meant next.
fn note_launch(model: &mut Model, effect: EffectId, id: ContainerId, name: &str) {
    let name = match name {
        "" => id.to_string(),
        name => name.to_owned(),
    };
    let step = UndoStep {
        id,
        name,
        reversal: Reversal::Impossible,
        effect,
        since: None,
    };
    model.undo.remember(Action::Run, vec![step], model.now);
}

/// Keeps the steps of a failed launch, which has no record.
fn note_failed_launch<'a>(model: &'a mut Model, name: &str, error: &Error) -> &'a mut Model {
    if let Error::Launch {
        message, launch, ..
    } = error
    {
        model.failed_launch = Some(FailedLaunch {
            at: model.now,
            beside: model.list.selected.clone(),
            name: name.to_owned(),
            message: message.clone(),
            steps: launch.clone(),
        });
    }
    model
}
