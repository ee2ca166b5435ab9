//! The cards: why a container died, how a launch went.

use super::on_tab;
use crate::record::Status;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, LogBatch};
use crate::tui::keymap::Context;
use crate::tui::model::{Card, Model, Overlay, ToastKind};
use crate::tui::wording::is_unexpected;

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

/// Reports the containers that died, with the key that shows why.
pub(super) fn report_deaths(model: &mut Model, before: &[crate::record::Record]) {
    let died: Vec<(String, String)> = model
        .died_since(before)
        .into_iter()
        .filter_map(|record| match &record.state.status {
            Status::Stopped { cause, .. } if is_unexpected(cause) => {
                Some((record.spec.name.to_string(), cause.brief()))
            }
            _ => None,
        })
        .collect();
    let key = model
        .settings
        .keymap
        .shown_key(&[Context::Containers], Action::Inspect);
    let key = key
        .map(|key| format!("; {key} on it shows why"))
        .unwrap_or_default();
    match died.as_slice() {
        [] => {}
        [(name, cause)] => model.toast(ToastKind::Error, format!("{name} died: {cause}{key}")),
        [(name, _), ..] => model.toast(
            ToastKind::Error,
            format!("{name} and {} others died{key}", died.len() - 1),
        ),
    }
}
