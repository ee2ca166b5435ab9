//! The cards: why a container died, how a launch went.

use super::on_tab;
use crate::record::{Record, Status};
use crate::spec::{ContainerId, RECOVERED_AFTER};
use crate::tui::action::Action;
use crate::tui::effect::{Effect, LogBatch};
use crate::tui::keymap::Context;
use crate::tui::model::{Card, CrashLoop, Model, Overlay, ToastKind};

/// Opens the card of the selected container: why it died, or its launch if it did not.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    let Some(record) = model.selected() else {
        return Vec::new();
    };
    let id = record.spec.id.clone();
    if matches!(record.state.status, Status::Stopped { .. }) {
        model.overlay = Some(Overlay::Card(Card::Death {
            id: id.clone(),
            log_tail: None,
        }));
        return vec![Effect::ReadTail(id)];
    }
    waterfall(model)
}

/// What the launch key shows after a failed launch, as the end of a message.
pub(super) fn launch_hint(model: &Model) -> String {
    let keymap = &model.settings.keymap;
    let key = keymap.shown_key(&[Context::Containers], Action::ShowLaunch);
    key.map(|key| format!("; {key} shows its steps"))
        .unwrap_or_default()
}

/// Opens the card of a launch: the one that just failed, else the selected container's.
pub(super) fn waterfall(model: &mut Model) -> Vec<Effect> {
    let selected = model.selected().map(|record| {
        (
            record.spec.id.clone(),
            record.state.launch.is_empty(),
            record.spec.name.to_string(),
        )
    });
    match (model.take_failed_launch(), selected) {
        (Some(failed), _) => model.overlay = Some(Overlay::Card(Card::FailedLaunch(failed))),
        (None, Some((id, false, _))) => model.overlay = Some(Overlay::Card(Card::Launch(id))),
        (None, Some((_, true, name))) => model.toast(
            ToastKind::Notice,
            format!("{name} was never started: there is nothing to show"),
        ),
        (None, None) => model.toast(ToastKind::Notice, "launch: no container is selected"),
    }
    Vec::new()
}

/// Handles `action` on the card: a verb closes it and is applied to its container.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Overlay::Card(card)) = &model.overlay else {
        return Vec::new();
    };
    let id = card.id().cloned();
    if action == Action::GraphScale {
        return on_tab(model, action);
    }
    model.overlay = None;
    if action == Action::Cancel {
        return Vec::new();
    }
    if let Some(row) = id.and_then(|id| model.list.row_of(&id, &model.records)) {
        model.list.select_row(row, &model.records);
    }
    on_tab(model, action)
}

/// Takes the log tail for the card.
pub(super) fn log_tail(model: &mut Model, result: Result<LogBatch, String>) {
    let Some(Overlay::Card(Card::Death { id, log_tail })) = &mut model.overlay else {
        return;
    };
    *log_tail = match result {
        Ok(batch) if batch.ids != [id.clone()] => return,
        Ok(batch) => Some(Ok(batch
            .lines
            .into_iter()
            .chain(batch.unfinished)
            .collect())),
        Err(reason) => Some(Err(reason)),
    };
    model.dirty = true;
}

/// Reports the containers that died, with the key that shows why: one message for each that its
/// policy restarts, however often it dies, and one for all others.
pub(super) fn report_deaths(model: &mut Model, before: &[Record]) {
    let died: Vec<Record> = model.died_since(before).into_iter().cloned().collect();
    let in_loop = |record: &Record| {
        record.state.is_restarting() || model.crash_loops.contains_key(&record.spec.id)
    };
    let (looping, died): (Vec<_>, Vec<_>) = died.into_iter().partition(in_loop);
    let key = model
        .settings
        .keymap
        .shown_key(&[Context::Containers], Action::Inspect);
    let key = key
        .map(|key| format!("; {key} on it shows why"))
        .unwrap_or_default();
    for record in looping {
        report_loop(model, &record, &key);
    }
    let goes_on = |id: &ContainerId| {
        let record = model.records.iter().find(|record| record.spec.id == *id);
        record.is_some_and(|it| it.state.status.is_alive() || it.state.is_restarting())
    };
    let mut loops = std::mem::take(&mut model.crash_loops);
    loops.retain(|id, _| goes_on(id));
    model.crash_loops = loops;
    let brief = |record: &Record| match &record.state.status {
        Status::Stopped { cause, .. } => cause.brief(),
        _ => String::new(),
    };
    match died.as_slice() {
        [] => {}
        [one] => {
            let text = format!("{} died: {}{key}", one.spec.name, brief(one));
            model.toast(ToastKind::Error, text);
        }
        [one, rest @ ..] => model.toast(
            ToastKind::Error,
            format!("{} and {} others died{key}", one.spec.name, rest.len()),
        ),
    }
}

/// Reports that `record` died and is restarted, or is no more. A loop ends with a run that counts as
/// recovered.
fn report_loop(model: &mut Model, record: &Record, key: &str) {
    let Status::Stopped { cause, since, at } = &record.state.status else {
        return;
    };
    let (id, restarts) = (&record.spec.id, record.state.restarts);
    let recovered =
        since.is_some_and(|since| at.duration_since(since).unsigned_abs() >= RECOVERED_AFTER);
    let known = model.crash_loops.get(id).filter(|_| !recovered).copied();
    let deaths = known.map_or(0, |first| restarts.saturating_sub(first.restarts)) + 1;
    let times = match deaths {
        1 => String::new(),
        _ => format!(" {deaths} times"),
    };
    let next = if record.state.is_restarting() {
        ", it is restarted"
    } else {
        ", it is not restarted again"
    };
    let text = format!(
        "{} died{times}: {}{next}{key}",
        record.spec.name,
        cause.brief()
    );
    let ended = !record.state.is_restarting();
    let rewritten = known.is_some_and(|first| model.toasts.rewrite(first.toast, text.clone()));
    model.dirty = true;
    if rewritten || (known.is_some() && !ended) {
        return;
    }
    model.toast(ToastKind::Error, text);
    let toast = model.toasts.shown().last().map_or(0, |toast| toast.id);
    model
        .crash_loops
        .insert(id.clone(), CrashLoop { restarts, toast });
}
