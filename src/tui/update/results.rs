//! Results: samples, records, and the ends of engine calls.

use std::collections::BTreeSet;

use super::requests::{failure_text, show_progress};
use super::{card, form, handles, past, preset_form};
use crate::manager::{Error, TRASH_KEPT, Updated};
use crate::record::{Record, Status};
use crate::stats::Snapshot;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, EffectId, Outcome};
use crate::tui::keymap::Context;
use crate::tui::model::{Card, FailedLaunch, Model, Overlay, Tab, ToastKind, UndoStep};
use crate::tui::settings::Settings;
use crate::tui::wording::is_unexpected;

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
            let first = model.records_read.replace(reading).is_none();
            if !first && records == model.records {
                return Vec::new();
            }
            let before = std::mem::replace(&mut model.records, records);
            card::report_deaths(model, &before);
            let kept: BTreeSet<_> = model.records.iter().map(|record| &record.spec.id).collect();
            model.history.retain(|id| kept.contains(id));
            model.list.marks.retain(|id| kept.contains(id));
            let gone = |id| model.record(id).is_none();
            let about = match &model.overlay {
                Some(Overlay::Confirm(question)) => question.target.as_ref(),
                Some(Overlay::Card(card)) => card.id(),
                Some(Overlay::Signal(menu)) => menu.to.only(),
                _ => None,
            };
            // a container that was started again is not dead
            let risen = matches!(&model.overlay, Some(Overlay::Card(Card::Death { id, .. }))
                if model.record(id).is_some_and(|record| !matches!(record.state.status, Status::Stopped { .. })));
            if risen || about.is_some_and(gone) {
                model.overlay = None;
            }
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
    let name = pending.name;
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
                model.arrange();
                if form_waits && model.tab == Tab::Presets {
                    model.tab = Tab::Containers;
                }
            }
            let (kind, text) = match outcome {
                Outcome::Signalled => (ToastKind::Success, format!("{name} has the signal")),
                Outcome::Extracted(done) => {
                    let kind = if done.is_whole() {
                        ToastKind::Success
                    } else {
                        ToastKind::Notice
                    };
                    (kind, format!("extracted {name}: {done}"))
                }
                Outcome::Reverted => (ToastKind::Success, format!("reverted {name}")),
                Outcome::Launched(container) if name.is_empty() => {
                    (ToastKind::Success, format!("launched {container}"))
                }
                Outcome::Launched(_) => (ToastKind::Success, format!("launched {name}")),
                Outcome::Started => (ToastKind::Success, format!("started {name}")),
                Outcome::Stopped(cause) if is_unexpected(&cause) => (
                    ToastKind::Notice,
                    format!("stopped {name}: {}", &cause.brief()),
                ),
                Outcome::Stopped(cause) => (
                    ToastKind::Success,
                    format!("stopped {name}: {}", &cause.brief()),
                ),
                Outcome::Paused => (ToastKind::Success, format!("paused {name}")),
                Outcome::Resumed => (ToastKind::Success, format!("{name} goes on")),
                Outcome::Restarted => (ToastKind::Success, format!("restarted {name}")),
                Outcome::ThrownAway => (ToastKind::Success, note_trashed(model, &name)),
                Outcome::TakenBack => {
                    model.list.wanted = pending.target;
                    (
                        ToastKind::Success,
                        format!("brought {name} back; it is stopped"),
                    )
                }
                Outcome::LimitSet(updated) => {
                    let reverted = handles::is_reverted(model, id);
                    more = handles::answered(model, id, true);
                    (
                        ToastKind::Changed,
                        limit_set(model, &name, &updated, reverted),
                    )
                }
                Outcome::Written(file) if pending.action == Action::SavePreset => (
                    ToastKind::Success,
                    format!("saved the preset {name} in {}", file.display()),
                ),
                Outcome::Written(file) if pending.action == Action::Setup => (
                    ToastKind::Success,
                    format!("saved the setup in {}", file.display()),
                ),
                Outcome::Written(file) if pending.action == Action::DeletePreset => (
                    ToastKind::Success,
                    format!("took the preset {name} out of {}", file.display()),
                ),
                Outcome::Written(file) => {
                    (ToastKind::Success, format!("written: {}", file.display()))
                }
                Outcome::Destroyed => (ToastKind::Success, format!("destroyed {name}")),
            };
            model.toast(kind, text);
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
                    if let (Action::Destroy, Some(target)) = (pending.action, &pending.target) {
                        model
                            .undo
                            .forget(target, |step| *step == UndoStep::TakeBack);
                    }
                    let what = match pending.action {
                        // the error names the file
                        Action::SaveLog | Action::Export => "save".to_owned(),
                        Action::Run => format!("launch {name}"),
                        Action::LimitUp => format!("limit {name}"),
                        Action::Undo => format!("bring back {name}"),
                        other => format!("{} {name}", other.id()),
                    };
                    model.toast(ToastKind::Error, failure_text(&what, &error));
                }
            }
        }
    }
    more.push(Effect::ReadRecords);
    more
}

/// Notes when the trash is due.
fn note_trashed(model: &mut Model, name: &str) -> String {
    model.purge_at.get_or_insert(model.now + TRASH_KEPT);
    match undo_key(model) {
        Some(key) => format!(
            "destroyed {name}; {key} brings it back for {} minutes",
            TRASH_KEPT.as_mins()
        ),
        None => format!(
            "destroyed {name}; it is in the trash for {} minutes",
            TRASH_KEPT.as_mins()
        ),
    }
}

/// What became of the limit. Where it was `reverted` the undo key would take back another change.
fn limit_set(model: &Model, name: &str, updated: &Updated, reverted: bool) -> String {
    let mut text = format!("{name}: {}", updated.changes.join(", "));
    if !updated.live {
        text.push_str(", from its next start on");
    }
    if let Some(key) = undo_key(model).filter(|_| !reverted) {
        text.push_str(&format!("; {key} takes it back"));
    }
    text
}

fn undo_key(model: &Model) -> Option<String> {
    model
        .settings
        .keymap
        .shown_key(&[Context::Global], Action::Undo)
        .map(|key| key.to_string())
}

/// Keeps the steps of a failed launch, which has no record.
fn note_failed_launch<'a>(model: &'a mut Model, name: &str, error: &Error) -> &'a mut Model {
    if let Error::Launch {
        message, launch, ..
    } = error
    {
        model.failed_launch = Some(FailedLaunch {
            at: model.now,
            name: name.to_owned(),
            message: message.clone(),
            steps: launch.clone(),
        });
    }
    model
}
