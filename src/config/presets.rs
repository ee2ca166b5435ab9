//! Checks the presets of a config file when it is read.

use std::collections::BTreeMap;

use super::ConfigError;
use super::document::Document;
use crate::spec::{ContainerId, ContainerName, Preset, preview};

/// The name that means "no preset".
pub const NO_PRESET: &str = "none";

/// Checks that each preset resolves, apart from a missing command, so that a mistake is reported
/// with its line and not at first use.
pub(super) fn check(
    file: &Document,
    presets: &BTreeMap<String, Preset>,
) -> Result<(), ConfigError> {
    for (name, preset) in presets {
        if name == NO_PRESET {
            return Err(file.error_at(
                &["presets", name],
                "\"none\" stands for no preset; choose another name",
            ));
        }
        if let Err(error) = ContainerName::new(name.as_str()) {
            return Err(file.error_at(&["presets", name], &error.reason));
        }
        let mut whole = preset.clone();
        whole.command.get_or_insert_with(|| vec!["sh".into()]);
        if let Err(error) = preview(ContainerId::from_random([0; 6]), None, &whole) {
            let key = key_of(error.field);
            let lists = format!("{key}s");
            let is_list = file.place_of(&["presets", name, &lists]).is_some();
            return Err(file.error_at(
                &["presets", name, if is_list { &lists } else { &key }],
                &error.reason,
            ));
        }
    }
    Ok(())
}

/// The preset key of a command-line field; for a list, without its `s`.
fn key_of(field: &str) -> String {
    match field {
        "health-cmd" => "health_command".to_owned(),
        field => field.replace('-', "_"),
    }
}
