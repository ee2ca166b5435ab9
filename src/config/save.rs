//! Saving, changing and deleting presets in the config file, preserving everything else in it.

use std::io::ErrorKind;
use std::path::Path;

use toml_edit::{DocumentMut, Item, TableLike, Value};

use super::document::Document;
use super::layer::Layer;
use super::replace::replace;
use super::{ConfigError, array, error};
use crate::spec::{ContainerName, Preset};
use crate::sys::files;

/// Adds the preset `name` to `file`, which is created if needed. Atomic: the file is replaced by
/// rename; where it is a link, its target is.
///
/// # Errors
/// When the name is invalid or taken, or the file is invalid or cannot be written.
pub fn save_preset(file: &Path, name: &str, preset: &Preset) -> Result<(), ConfigError> {
    let shown = error::shown(file);
    ContainerName::new(name).map_err(|error| ConfigError::new(name, &error.reason))?;
    let old = read(file)?;
    let layer: Layer = Document::new(shown.clone(), old.clone()).parse()?;
    if layer.presets.contains_key(name) || name == super::NO_PRESET {
        return Err(ConfigError::new(
            name,
            "there is a preset of that name already; choose another one",
        ));
    }
    let gap = if old.is_empty() || old.ends_with("\n\n") {
        ""
    } else if old.ends_with('\n') {
        "\n"
    } else {
        "\n\n"
    };
    replace(
        file,
        &old,
        &format!("{old}{gap}[presets.{name}]\n{}", body(&shown, preset)?),
    )
}

/// Changes the preset `old` of `file` to `preset`, renamed to `name`. Only differences are written:
/// comments, order and layout stay. A built-in preset is added to the file.
///
/// # Errors
/// As [`save_preset`]; also when `name` is another preset of the file.
pub fn change_preset(
    file: &Path,
    old: &str,
    name: &str,
    preset: &Preset,
) -> Result<(), ConfigError> {
    let shown = error::shown(file);
    let text = read(file)?;
    let layer: Layer = Document::new(shown.clone(), text.clone()).parse()?;
    let Some(before) = layer.presets.get(old) else {
        return save_preset(file, name, preset);
    };
    ContainerName::new(name).map_err(|error| ConfigError::new(name, &error.reason))?;
    if name != old && (layer.presets.contains_key(name) || name == super::NO_PRESET) {
        return Err(ConfigError::new(
            name,
            "there is a preset of that name already; choose another one",
        ));
    }
    let parse = |text: &str| {
        text.parse::<DocumentMut>()
            .map_err(|error| ConfigError::new(shown.clone(), error.message()))
    };
    let (was, is) = (
        parse(&body(&shown, before)?)?,
        parse(&body(&shown, preset)?)?,
    );
    let mut whole = parse(&text)?;
    let gone = || ConfigError::new(shown.clone(), &format!("presets.{old} is not a table"));
    let presets = whole
        .get_mut("presets")
        .and_then(Item::as_table_like_mut)
        .ok_or_else(gone)?;
    let table = presets
        .get_mut(old)
        .and_then(Item::as_table_like_mut)
        .ok_or_else(gone)?;
    for (key, _) in was.iter().filter(|(key, _)| !is.contains_key(key)) {
        table.remove(key);
    }
    for (key, item) in is.iter() {
        let same = was
            .get(key)
            .is_some_and(|before| before.to_string() == item.to_string());
        if let Some(value) = item.as_value().filter(|_| !same) {
            set(table, key, value.clone());
        }
    }
    if name != old
        && let Some(item) = presets.remove(old)
    {
        presets.insert(name, item);
    }
    replace(file, &text, &whole.to_string())
}

/// Deletes the preset `name` from `file`, with the comments right above it.
///
/// # Errors
/// When it is not in the file, or the file cannot be read or written.
pub fn delete_preset(file: &Path, name: &str) -> Result<(), ConfigError> {
    let shown = error::shown(file);
    let text = read(file)?;
    let mut whole: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| ConfigError::new(shown.clone(), error.message()))?;
    let removed = whole
        .get_mut("presets")
        .and_then(Item::as_table_like_mut)
        .and_then(|presets| presets.remove(name));
    if removed.is_none() {
        return Err(ConfigError::new(
            name,
            "is built in, not in the config file: it can be changed, not deleted",
        ));
    }
    replace(file, &text, &whole.to_string())
}

/// Sets `key`, preserving the decoration of its value, such as a trailing comment, and the comments
/// in an array.
pub(super) fn set(table: &mut dyn TableLike, key: &str, mut value: Value) {
    match table.get_mut(key) {
        Some(Item::Value(Value::Array(old))) if value.is_array() => {
            if let Some(wanted) = value.as_array() {
                array::change(old, wanted);
            }
        }
        Some(Item::Value(old)) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        _ => drop(table.insert(key, Item::Value(value.decorated(" ", "")))),
    }
}

/// The preset's table, one line a key.
fn body(shown: &str, preset: &Preset) -> Result<String, ConfigError> {
    let whole = toml::to_string(preset)
        .map_err(|error| ConfigError::new(shown, &format!("cannot write the preset: {error}")))?;
    Ok(whole
        .lines()
        .filter(|line| !line.ends_with(" = []"))
        .map(|line| format!("{line}\n"))
        .collect())
}

/// The text of `file`; empty when there is none.
pub(super) fn read(file: &Path) -> Result<String, ConfigError> {
    match files::read_text(file, super::load::MAX_SIZE) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(ConfigError::new(
            error::shown(file),
            &format!("cannot read it: {error}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::config::{Config, Overrides};

    #[test]
    fn only_a_file_that_is_missing_is_read_as_empty() {
        let folder = std::env::temp_dir();
        let missing = folder.join(format!("minic-save-missing-{}", std::process::id()));
        assert_eq!(read(&missing), Ok(String::new()));
        let error = read(&folder).unwrap_err().to_string();
        assert!(error.contains("cannot read it"), "{error}");
    }

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
        let read = || {
            Config::load(
                &Overrides {
                    file: Some(file.clone()),
                    ..Overrides::default()
                },
                |_| None,
            )
            .unwrap()
        };
        save_preset(&file, "first", &preset).unwrap();
        assert_eq!(
            *read().preset("first").unwrap(),
            preset,
            "in a file that was not there"
        );
        assert!(
            fs::read_to_string(&file).unwrap().starts_with("[presets."),
            "no empty lines before it"
        );
        let comment = "# mine\ntick = \"2s\" # slow";
        fs::write(&file, comment).unwrap();
        save_preset(&file, "second", &preset).unwrap();
        assert!(fs::read_to_string(&file).unwrap().starts_with(comment));
        assert_eq!(read().tick.as_secs(), 2);
        assert_eq!(
            read().preset("second").unwrap().memory.as_deref(),
            Some("72M")
        );
        for (name, wrong) in [
            ("second", "already"),
            ("none", "already"),
            ("a b", "a b"),
            ("", ""),
        ] {
            let error = save_preset(&file, name, &preset).unwrap_err().to_string();
            assert!(error.contains(wrong), "{error}");
        }
        fs::write(&file, "tick = 5 5").unwrap();
        assert!(
            save_preset(&file, "third", &preset).is_err(),
            "a file that is wrong is not written to"
        );
        assert_eq!(fs::read_to_string(&file).unwrap(), "tick = 5 5");
        fs::remove_dir_all(&folder).unwrap();
    }

    const MINE: &str = "# mine\ntick = \"2s\" # slow\n\n# for builds\n[presets.build]\nmemory = 512   # enough\ncpus=\"1.5\"\ndescription = 'a build'\n\n[presets.other] # last\npids = 9\n";

    fn changed(text: &str, change: impl FnOnce(&Path)) -> String {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let file =
            std::env::temp_dir().join(format!("minic-change-{}-{count}.toml", std::process::id()));
        fs::write(&file, text).unwrap();
        change(&file);
        let after = fs::read_to_string(&file).unwrap();
        fs::remove_file(&file).unwrap();
        after
    }

    fn build() -> Preset {
        toml::from_str("memory = 512\ncpus=\"1.5\"\ndescription = 'a build'").unwrap()
    }

    #[test]
    fn only_differences_are_written() {
        assert_eq!(
            changed(MINE, |file| change_preset(file, "build", "build", &build())
                .unwrap()),
            MINE,
            "nothing is"
        );
        let more = Preset {
            memory: Some("1G".into()),
            cpus: None,
            pids: Some("7".into()),
            ..build()
        };
        let after = changed(MINE, |file| {
            change_preset(file, "build", "build", &more).unwrap()
        });
        let wanted = MINE
            .replace(
                "memory = 512   # enough\ncpus=\"1.5\"\n",
                "memory = \"1G\"   # enough\n",
            )
            .replace("'a build'\n", "'a build'\npids = \"7\"\n");
        assert_eq!(after, wanted);
        let after = changed(MINE, |file| {
            change_preset(file, "build", "fast", &build()).unwrap()
        });
        assert_eq!(
            after,
            MINE.replace("presets.build", "presets.fast"),
            "a new name"
        );
        let after = changed(MINE, |file| {
            change_preset(file, "shipped", "shipped", &build()).unwrap()
        });
        assert!(
            after.starts_with(MINE) && after.contains("[presets.shipped]"),
            "one that is not in the file is added"
        );
    }

    #[test]
    fn invalid_changes_are_refused_and_the_file_stays() {
        for (old, name, wrong) in [
            ("build", "other", "already"),
            ("build", "none", "already"),
            ("build", "a b", "a b"),
            ("new", "other", "already"),
        ] {
            let after = changed(MINE, |file| {
                let error = change_preset(file, old, name, &build())
                    .unwrap_err()
                    .to_string();
                assert!(error.contains(wrong), "{error}");
            });
            assert_eq!(after, MINE);
        }
    }

    #[test]
    fn deleting_a_preset_keeps_the_rest() {
        let after = changed(MINE, |file| delete_preset(file, "build").unwrap());
        assert_eq!(
            after,
            "# mine\ntick = \"2s\" # slow\n\n[presets.other] # last\npids = 9\n"
        );
        let error = changed(MINE, |file| {
            assert!(
                delete_preset(file, "cpu-quarter")
                    .unwrap_err()
                    .to_string()
                    .contains("built in")
            )
        });
        assert_eq!(error, MINE);
    }
}
