//! The prompt for one line, and what its text is used for.

use std::path::PathBuf;

use super::requests::call_engine;
use super::typing;
use crate::tui::action::Action;
use crate::tui::effect::{Call, Effect};
use crate::tui::model::{LinePrompt, LinePurpose, Model, Overlay, Pending, preset_of};

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
    match call(model, &prompt, &text) {
        Ok((action, call)) => {
            model.overlay = None;
            vec![call_engine(
                model,
                Pending {
                    action,
                    target: None,
                    name: text,
                },
                call,
            )]
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

fn call(model: &Model, prompt: &LinePrompt, text: &str) -> Result<(Action, Call), String> {
    match prompt.asked {
        LinePurpose::PresetName => {
            let record = model.record(&prompt.id).ok_or("the container is gone")?;
            let taken = model.settings.presets.iter().any(|(name, _)| name == text);
            crate::spec::ContainerName::new(text).map_err(|error| error.reason)?;
            if taken {
                return Err("there is a preset of that name already".into());
            }
            let file = model
                .settings
                .config_file
                .clone()
                .ok_or("this screen has no config file")?;
            let preset = preset_of(
                record,
                &model.handles.limits(&prompt.id, &record.spec.limits),
            );
            Ok((
                Action::SavePreset,
                Call::SavePreset(file, text.to_owned(), Box::new(preset)),
            ))
        }
        LinePurpose::ExportFile => {
            if text.is_empty() {
                return Err("a file's name; one that ends in .json is JSON, any other CSV".into());
            }
            if model.history.series(&prompt.id).is_none() {
                return Err("nothing of it was sampled yet".into());
            }
            let path = PathBuf::from(text);
            let json = path
                .extension()
                .is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
            Ok((
                Action::Export,
                Call::Write(path, model.export(&prompt.id, json)),
            ))
        }
        LinePurpose::LogFile if text.is_empty() => Err("a file's name".into()),
        LinePurpose::LogFile => Ok((
            Action::SaveLog,
            Call::Write(PathBuf::from(text), model.log.text()),
        )),
    }
}
