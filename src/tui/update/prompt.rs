//! The prompt for one line, and what its text is used for.

use std::path::PathBuf;

use super::requests::call_engine;
use super::typing;
use super::verbs::{self, Wanted};
use crate::spec::{ContainerId, ContainerName};
use crate::tui::action::Action;
use crate::tui::effect::{Call, Effect};
use crate::tui::model::{LinePrompt, LinePurpose, Model, Overlay, Pending, Reversal, preset_of};

/// Handles `action` in the prompt.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Cancel => model.overlay = None,
        Action::Confirm => return confirm(model),
        _ => typing::edit_action(model, action),
    }
    Vec::new()
}

fn confirm(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Line(prompt)) = model.overlay.clone() else {
        return Vec::new();
    };
    let text = prompt.line.text().trim().to_owned();
    match carry_out(model, &prompt, text) {
        Ok(effects) => {
            model.overlay = None;
            effects
        }
        Err(reason) => {
            model.overlay = Some(Overlay::Line(LinePrompt {
                error: Some(reason),
                ..prompt
            }));
            Vec::new()
        }
    }
}

fn carry_out(model: &mut Model, prompt: &LinePrompt, text: String) -> Result<Vec<Effect>, String> {
    let (action, call) = match prompt.asked {
        LinePurpose::NewName => return rename(model, &prompt.id, &text),
        LinePurpose::PresetName => (Action::SavePreset, save_preset(model, &prompt.id, &text)?),
        LinePurpose::ExportFile => (Action::Export, export(model, &prompt.id, &text)?),
        LinePurpose::LogFile if text.is_empty() => return Err("a file's name".into()),
        LinePurpose::LogFile => (
            Action::SaveLog,
            Call::Write(PathBuf::from(&text), model.log.text()),
        ),
    };
    let pending = Pending {
        action,
        target: None,
        name: text,
    };
    Ok(vec![call_engine(model, pending, call)])
}

fn rename(model: &mut Model, id: &ContainerId, text: &str) -> Result<Vec<Effect>, String> {
    let record = model.record(id).ok_or("the container is gone")?;
    let name = record.spec.name.to_string();
    if text == name {
        return Ok(Vec::new());
    }
    ContainerName::new(text).map_err(|error| error.reason)?;
    if model
        .records
        .iter()
        .any(|record| record.spec.name.as_str() == text)
    {
        return Err("another container has that name".into());
    }
    model.last_command = Some(model.in_shell(&["rename", &name, text]));
    let wanted = Wanted {
        id: id.clone(),
        name: name.clone(),
        call: Call::Rename(id.clone(), text.to_owned()),
        reversal: Some(Reversal::Rename {
            left: text.to_owned(),
            back: name,
        }),
    };
    Ok(verbs::carry_out(model, Action::Rename, vec![wanted]))
}

fn save_preset(model: &Model, id: &ContainerId, text: &str) -> Result<Call, String> {
    let record = model.record(id).ok_or("the container is gone")?;
    let taken = model.settings.presets.iter().any(|(name, _)| name == text);
    ContainerName::new(text).map_err(|error| error.reason)?;
    if taken {
        return Err("there is a preset of that name already".into());
    }
    let file = model
        .settings
        .config_file
        .clone()
        .ok_or("this screen has no config file")?;
    let preset = preset_of(record, &model.handles.limits(id, &record.spec.limits));
    Ok(Call::SavePreset(file, text.to_owned(), Box::new(preset)))
}

fn export(model: &Model, id: &ContainerId, text: &str) -> Result<Call, String> {
    if text.is_empty() {
        return Err("a file's name; one that ends in .json is JSON, any other CSV".into());
    }
    if model.history.series(id).is_none() {
        return Err("nothing of it was sampled yet".into());
    }
    let path = PathBuf::from(text);
    let json = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    Ok(Call::Write(path, model.export(id, json)))
}
