//! The Presets tab: choosing, editing, deleting, comparing.

use super::requests::call_engine;
use super::{help, moved, typing};
use crate::tui::action::Action;
use crate::tui::effect::{Call, Effect};
use crate::tui::model::{
    Compared, EffectId, Model, Overlay, Pending, PresetForm, QuestionArgument, ToastKind,
};

/// Handles `action` on the tab.
pub(super) fn choose(model: &mut Model, action: Action) {
    let chosen = model.settings.presets.get(model.preset).cloned();
    match (action, chosen) {
        (Action::NewPreset, _) => open(model, PresetForm::new(None, "", &Default::default())),
        (Action::EditPreset, Some((name, preset))) => {
            open(model, PresetForm::new(Some(name.clone()), &name, &preset))
        }
        (Action::CopyPreset, Some((name, preset))) => open(
            model,
            PresetForm::new(None, &format!("{name}-copy"), &preset),
        ),
        (Action::DeletePreset, Some(_)) => {
            model.ask(Action::DeletePreset, Vec::new(), QuestionArgument::None)
        }
        (Action::ComparePreset, Some((name, _))) => {
            let with = Some(Compared::Preset(name));
            model.compared = if model.compared == with { None } else { with };
        }
        (Action::CompareContainer, _) => match (
            &model.compared,
            model.selected().map(|record| record.spec.id.clone()),
        ) {
            (Some(Compared::Container(_)), _) => model.compared = None,
            (_, selected) => model.compared = selected.map(Compared::Container),
        },
        _ => {
            let page = model
                .regions()
                .map_or(1, |regions| usize::from(regions.body.height));
            if let Some(row) = moved(action, model.preset, model.settings.presets.len(), page) {
                model.preset = row;
            }
        }
    }
}

fn open(model: &mut Model, form: PresetForm) {
    model.overlay = Some(Overlay::Preset(Box::new(form)));
}

/// The form, if it is open.
pub(super) fn opened(model: &mut Model) -> Option<&mut PresetForm> {
    match &mut model.overlay {
        Some(Overlay::Preset(form)) => Some(form),
        _ => None,
    }
}

/// Handles `action` in the form.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match (opened(model), action) {
        (Some(_), Action::Cancel) => model.overlay = None,
        (Some(form), _) if form.saving.is_some() => {}
        (Some(_), Action::Help) => help::over_form(model),
        (Some(form), Action::NextField) => form.step(true),
        (Some(form), Action::PreviousField) => form.step(false),
        (Some(_), Action::Confirm) => return save(model),
        (Some(_), _) => typing::edit_action(model, action),
        (None, _) => {}
    }
    Vec::new()
}

fn save(model: &mut Model) -> Vec<Effect> {
    let (file, presets) = (
        model.settings.config_file.clone(),
        model.settings.presets.clone(),
    );
    let Some(form) = opened(model) else {
        return Vec::new();
    };
    let (name, preset) = match form.preset() {
        Ok(all) => all,
        Err(error) => {
            form.show_error(&error);
            return Vec::new();
        }
    };
    if form.of.as_ref() != Some(&name) && presets.iter().any(|(known, _)| *known == name) {
        form.show_error(&crate::spec::SpecError::new(
            "name",
            "there is a preset of that name already",
        ));
        return Vec::new();
    }
    let Some(file) = file else {
        form.error = Some((None, "this screen has no config file".into()));
        return Vec::new();
    };
    let preset = Box::new(preset);
    let call = match form.of.clone() {
        Some(old) => Call::ChangePreset(file, old, name.clone(), preset),
        None => Call::SavePreset(file, name.clone(), preset),
    };
    let effect = call_engine(
        model,
        Pending {
            action: Action::SavePreset,
            target: None,
            name,
        },
        call,
    );
    let id = EffectId(model.last_effect);
    if let Some(form) = opened(model) {
        form.saving = Some(id);
    }
    vec![effect]
}

/// Handles the end of a preset's write; returns whether it was one.
pub(super) fn saved(model: &mut Model, id: EffectId, error: Option<String>) -> bool {
    let Some(form) = opened(model).filter(|form| form.saving == Some(id)) else {
        return false;
    };
    form.saving = None;
    if let Some(error) = error {
        form.error = Some((None, error));
        return true;
    }
    let (of, written) = (form.of.clone(), form.preset());
    model.overlay = None;
    // the file is reloaded shortly; a launch in between must use the new preset
    if let Ok((name, preset)) = written {
        let presets = &mut model.settings.presets;
        match presets
            .iter()
            .position(|(known, _)| *known == *of.as_ref().unwrap_or(&name))
        {
            Some(at) => presets[at] = (name, preset),
            None => presets.push((name, preset)),
        }
    }
    true
}

/// Deletes the selected preset, after confirmation.
pub(super) fn delete(model: &mut Model) -> Vec<Effect> {
    let chosen = model
        .settings
        .presets
        .get(model.preset)
        .map(|(name, _)| name.clone());
    let (Some(name), Some(file)) = (chosen, model.settings.config_file.clone()) else {
        model.toast(ToastKind::Notice, "this screen has no config file");
        return Vec::new();
    };
    let pending = Pending {
        action: Action::DeletePreset,
        target: None,
        name: name.clone(),
    };
    vec![call_engine(model, pending, Call::DeletePreset(file, name))]
}
