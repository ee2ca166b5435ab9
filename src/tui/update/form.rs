//! The launch form: opening, typing, choosing a preset, launching.

use super::requests::{call_engine, show_progress};
use super::typing;
use crate::manager::Error;
use crate::tui::action::Action;
use crate::tui::effect::{Call, Effect};
use crate::tui::model::{EffectId, Field, LaunchForm, Model, Overlay, Pending};

/// Opens the form, filled in from `preset`.
pub(super) fn open(model: &mut Model, preset: Option<usize>) -> Vec<Effect> {
    let preset = preset.filter(|at| *at < model.settings.presets.len());
    let form = LaunchForm::new(preset, &model.settings.presets);
    model.overlay = Some(Overlay::Form(Box::new(form)));
    Vec::new()
}

/// The form, if it is open.
pub(super) fn opened(model: &mut Model) -> Option<&mut LaunchForm> {
    match &mut model.overlay {
        Some(Overlay::Form(form)) => Some(form),
        _ => None,
    }
}

/// Handles `action` in the form.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let presets = std::mem::take(&mut model.settings.presets);
    let mut effects = Vec::new();
    match (opened(model), action) {
        (Some(form), Action::NextField) => form.step(true),
        (Some(form), Action::PreviousField) => form.step(false),
        (Some(form), Action::CursorLeft | Action::CursorRight)
            if form.focus == Some(Field::Preset) =>
        {
            form.sought.clear();
            if form.launching.is_none() {
                form.cycle(action == Action::CursorRight, &presets);
            }
        }
        (Some(_), Action::Cancel) => close(model),
        (Some(form), Action::Confirm) if form.launching.is_none() => match form.created(&presets) {
            Ok(created) => {
                let name = created.name.clone().or_else(|| created.preset.clone());
                let name = name.or_else(|| {
                    created
                        .settings
                        .command
                        .as_ref()
                        .and_then(|words| words.first().cloned())
                });
                let base = created
                    .preset
                    .as_ref()
                    .and_then(|name| presets.iter().find(|(other, _)| other == name));
                model.last_command = Some(crate::tui::model::command_line(
                    &model.settings,
                    &created,
                    base.map(|(_, preset)| preset),
                ));
                let pending = Pending {
                    action: Action::Run,
                    target: None,
                    name: name.unwrap_or_default(),
                };
                let effect = call_engine(model, pending, Call::Launch(Box::new(created)));
                let id = EffectId(model.last_effect);
                if let Some(form) = opened(model) {
                    form.errors.clear();
                    form.error = None;
                    form.launching = Some(id);
                }
                effects.push(effect);
            }
            Err(error) => form.show_error(&Error::Spec(error)),
        },
        (Some(form), Action::DeleteBefore | Action::DeleteLine)
            if form.focus == Some(Field::Preset) =>
        {
            form.sought.clear()
        }
        (Some(_), _) => typing::edit_action(model, action),
        (None, _) => {}
    }
    model.settings.presets = presets;
    effects
}

/// Closes the form. A launch under way goes on and reports by toasts from now on.
fn close(model: &mut Model) {
    let progress =
        opened(model).and_then(|form| form.launching.map(|id| (id, form.progress.clone())));
    model.overlay = None;
    if let Some((id, line)) = progress {
        show_progress(model, id, line.as_deref().unwrap_or("launching"));
    }
}

/// Types `letter` into the focused line, or on the form's preset selects a preset by its first
/// letters.
pub(super) fn type_letter(model: &mut Model, letter: char) {
    let presets = std::mem::take(&mut model.settings.presets);
    match opened(model).filter(|form| form.focus == Some(Field::Preset) && form.launching.is_none())
    {
        Some(form) => {
            form.seek(letter, &presets);
            model.dirty = true;
        }
        None => typing::edit(model, |line| line.insert(letter)),
    }
    model.settings.presets = presets;
}
