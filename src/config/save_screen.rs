//! Saving the settings of the screen in the config file, preserving everything else in it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use toml_edit::{Array, DocumentMut, Item, Table, Value};

use super::replace::replace;
use super::save::{read, set};
use super::{Column, ConfigError, Meter, error};

/// Settings of the screen to save; what is `None` stays as it is in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScreenChanges {
    /// The columns of the container list.
    pub columns: Option<Vec<Column>>,
    /// The meters of the header.
    pub meters: Option<Vec<Meter>>,
    /// The theme, by its name.
    pub theme: Option<String>,
    /// Time between two samples.
    pub tick: Option<Duration>,
    /// Keys by context and action.
    pub keys: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

impl ScreenChanges {
    /// Whether there is nothing to save.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Writes `changes` into `file`, which is created if needed. Comments, order and layout stay.
///
/// # Errors
/// When the file is invalid, or cannot be read or written.
pub fn save_screen(file: &Path, changes: &ScreenChanges) -> Result<(), ConfigError> {
    let shown = error::shown(file);
    let text = read(file)?;
    let mut whole: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| ConfigError::new(shown.clone(), error.message()))?;
    let root = whole.as_table_mut();
    if let Some(columns) = &changes.columns {
        set(
            root,
            "columns",
            words(columns.iter().map(|column| column.id())),
        );
    }
    if let Some(meters) = &changes.meters {
        set(root, "meters", words(meters.iter().map(|meter| meter.id())));
    }
    if let Some(theme) = &changes.theme {
        set(root, "theme", theme.as_str().into());
    }
    if let Some(tick) = changes.tick {
        set(root, "tick", format!("{}ms", tick.as_millis()).into());
    }
    for (context, actions) in &changes.keys {
        let not_a_table =
            |path: &str| ConfigError::new(shown.clone(), &format!("{path} is not a table"));
        let keys = root
            .entry("keys")
            .or_insert_with(implicit)
            .as_table_like_mut()
            .ok_or_else(|| not_a_table("keys"))?;
        let table = keys
            .entry(context)
            .or_insert(Item::Table(Table::new()))
            .as_table_like_mut()
            .ok_or_else(|| not_a_table(&format!("keys.{context}")))?;
        for (action, keys) in actions {
            set(table, action, words(keys.iter().map(String::as_str)));
        }
    }
    replace(file, &text, &whole.to_string())
}

/// A table whose header is written only where it has values of its own.
fn implicit() -> Item {
    let mut table = Table::new();
    table.set_implicit(true);
    Item::Table(table)
}

fn words<'a>(words: impl Iterator<Item = &'a str>) -> Value {
    Value::Array(words.collect::<Array>())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINE: &str = "# mine\ntick = \"2s\" # slow\n\n# for builds\n[presets.build]\nmemory = 512   # enough\n\n[keys.containers] # hands\nstop = [\"x\"] # not s\n";

    fn saved(text: &str, changes: &ScreenChanges) -> Result<String, ConfigError> {
        let file = tempfile_of(text);
        let result = save_screen(&file, changes);
        let after = std::fs::read_to_string(&file).unwrap_or_default();
        let _ = std::fs::remove_file(&file);
        result.map(|()| after)
    }

    fn tempfile_of(text: &str) -> std::path::PathBuf {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("minic-screen-{}-{count}.toml", std::process::id());
        let file = std::env::temp_dir().join(name);
        std::fs::write(&file, text).unwrap();
        file
    }

    #[test]
    fn only_what_changed_is_written_and_the_rest_stays() {
        assert_eq!(saved(MINE, &ScreenChanges::default()).unwrap(), MINE);
        let keys = [
            (
                "containers".to_owned(),
                [("stop".to_owned(), vec!["s".to_owned(), "F3".to_owned()])].into(),
            ),
            (
                "global".to_owned(),
                [("help".to_owned(), Vec::new())].into(),
            ),
        ];
        let changes = ScreenChanges {
            columns: Some(vec![Column::Name, Column::CpuHistory]),
            meters: Some(Vec::new()),
            theme: Some("light".into()),
            tick: Some(Duration::from_millis(500)),
            keys: keys.into(),
        };
        let after = saved(MINE, &changes).unwrap();
        assert_eq!(
            after,
            "# mine\ntick = \"500ms\" # slow\ncolumns = [\"name\", \"cpu-history\"]\nmeters = []\ntheme = \"light\"\n\n# for builds\n[presets.build]\nmemory = 512   # enough\n\n[keys.containers] # hands\nstop = [\"s\", \"F3\"] # not s\n\n[keys.global]\nhelp = []\n"
        );
        let fresh = saved("", &changes).unwrap();
        assert!(
            fresh.starts_with("columns = ") && fresh.contains("[keys.containers]"),
            "{fresh}"
        );
    }

    #[test]
    fn line_endings_and_the_comments_in_an_array_stay() {
        let mine =
            "# mine\r\ncolumns = [\r\n  \"name\", # who\r\n  \"cpu\",\r\n]\r\ntick = \"2s\"\r\n";
        let changes = ScreenChanges {
            columns: Some(vec![Column::Name, Column::Memory, Column::Cpu]),
            theme: Some("light".into()),
            ..ScreenChanges::default()
        };
        let wanted = mine
            .replace("# who\r\n", "# who\r\n  \"memory\",\r\n")
            .replace("\"2s\"\r\n", "\"2s\"\r\ntheme = \"light\"\r\n");
        assert_eq!(saved(mine, &changes).unwrap(), wanted);
    }

    #[test]
    fn what_would_be_an_invalid_file_is_not_written() {
        let without_name = ScreenChanges {
            columns: Some(vec![Column::Cpu]),
            ..ScreenChanges::default()
        };
        let error = saved(MINE, &without_name).unwrap_err().to_string();
        assert!(error.contains("\"name\" is missing"), "{error}");
        let error = saved(
            "keys = 5\n",
            &ScreenChanges {
                keys: [("global".to_owned(), BTreeMap::new())].into(),
                ..ScreenChanges::default()
            },
        );
        assert!(
            error
                .unwrap_err()
                .to_string()
                .contains("keys is not a table")
        );
    }
}
