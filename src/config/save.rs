//! Saving a preset: a table more at the end of the config file, which keeps everything else as people wrote it.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

use super::document::Document;
use super::layer::Layer;
use super::{ConfigError, error};
use crate::spec::{ContainerName, Preset};

/// Adds the preset `name` to `file`, which is made when it is not there. All or nothing: the file is replaced by a renamed one.
///
/// # Errors
/// When the name cannot be a preset's or is one already, the file is wrong as it is, or cannot be written.
pub fn save_preset(file: &Path, name: &str, preset: &Preset) -> Result<(), ConfigError> {
    let shown = error::shown(file);
    let failed = |what: &str, error: &dyn std::fmt::Display| ConfigError::new(shown.clone(), &format!("{what}: {error}"));
    ContainerName::new(name).map_err(|error| ConfigError::new(name, &error.reason))?;
    let old = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failed("cannot read it", &error)),
    };
    let layer: Layer = Document::new(shown.clone(), old.clone()).parse()?;
    if layer.presets.contains_key(name) || name == super::NO_PRESET {
        return Err(ConfigError::new(name, "there is a preset of that name already; choose another one"));
    }
    let whole = toml::to_string(preset).map_err(|error| failed("cannot write the preset", &error))?;
    let body: String = whole.lines().filter(|line| !line.ends_with(" = []")).map(|line| format!("{line}\n")).collect();
    let gap = if old.is_empty() || old.ends_with("\n\n") {
        ""
    } else if old.ends_with('\n') {
        "\n"
    } else {
        "\n\n"
    };
    let text = format!("{old}{gap}[presets.{name}]\n{body}");
    // what is written must be read again tomorrow
    Document::new(shown.clone(), text.clone()).parse::<Layer>()?;
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(|error| failed("cannot make its folder", &error))?;
    }
    let temp = file.with_extension("toml.new");
    let written = fs::File::create(&temp).and_then(|mut new| {
        if let Ok(data) = fs::metadata(file) {
            new.set_permissions(data.permissions())?;
        }
        new.write_all(text.as_bytes())?;
        new.sync_all()
    });
    written.and_then(|()| fs::rename(&temp, file)).map_err(|error| {
        let _ = fs::remove_file(&temp);
        failed("cannot write it", &error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Overrides};

    #[test]
    fn a_preset_is_added_and_everything_else_stays() {
        let folder = std::env::temp_dir().join(format!("minic-save-{}", std::process::id()));
        let file = folder.join("config.toml");
        let preset = Preset {
            memory: Some("72M".into()),
            cpus: Some("0.45".into()),
            command: Some(vec!["sleep".into(), "9".into()]),
            ..Preset::default()
        };
        let read = || Config::load(&Overrides { file: Some(file.clone()), ..Overrides::default() }, |_| None).unwrap();
        save_preset(&file, "first", &preset).unwrap();
        assert_eq!(*read().preset("first").unwrap(), preset, "in a file that was not there");
        let comment = "# mine\ntick = \"2s\" # slow";
        fs::write(&file, comment).unwrap();
        save_preset(&file, "second", &preset).unwrap();
        assert!(fs::read_to_string(&file).unwrap().starts_with(comment));
        assert_eq!(read().tick.as_secs(), 2);
        assert_eq!(read().preset("second").unwrap().memory.as_deref(), Some("72M"));
        for (name, wrong) in [("second", "already"), ("none", "already"), ("a b", "a b"), ("", "")] {
            let error = save_preset(&file, name, &preset).unwrap_err().to_string();
            assert!(error.contains(wrong), "{error}");
        }
        fs::write(&file, "tick = 5 5").unwrap();
        assert!(save_preset(&file, "third", &preset).is_err(), "a file that is wrong is not written to");
        assert_eq!(fs::read_to_string(&file).unwrap(), "tick = 5 5");
        fs::remove_dir_all(&folder).unwrap();
    }
}
