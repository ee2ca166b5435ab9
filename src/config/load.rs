//! [`Config`]: all layers, merged and checked.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::document::Document;
use super::layer::{Layer, Theme};
use super::screen::{Column, Meter};
use super::{ConfigError, NO_PRESET, error, presets};
use crate::spec::{DetachKeys, IdPool, Preset, SpecError, Userns};
use crate::sys::files;

/// Holds every default; the file that users copy.
const EXAMPLE: &str = include_str!("../../config.example.toml");
/// The config file unless another is named.
const DEFAULT_FILE: &str = "/etc/minic/config.toml";
/// The maximum size of a config file, in bytes; the example has 20 thousand.
pub(super) const MAX_SIZE: u64 = 4 << 20;

/// Settings from flags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--config FILE`.
    pub file: Option<PathBuf>,
    /// `--state DIR`.
    pub state: Option<PathBuf>,
}

/// All settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The folder in which containers are kept; absolute.
    pub state: PathBuf,
    /// Time between two samples.
    pub tick: Duration,
    /// Time between a container's stop signal and SIGKILL.
    pub stop_grace: Duration,
    /// The keys that detach a terminal.
    pub detach_keys: DetachKeys,
    /// The colour theme of the screen.
    pub theme: Theme,
    /// The columns of the container list, left to right.
    pub columns: Vec<Column>,
    /// What the header shows.
    pub meters: Vec<Meter>,
    /// The preset of requests that name none.
    pub preset: Option<String>,
    /// The user namespace when neither flags nor preset set it.
    pub userns: Userns,
    /// The host ids available to containers.
    pub ids: IdPool,
    /// Key bindings that override the screen's: context → action → keys, not checked here.
    pub keys: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// The presets by name: the embedded ones, then those of the file, each in its order.
    pub presets: Vec<(String, Preset)>,
    file: Option<Document>,
}

impl Config {
    /// Only the defaults.
    ///
    /// # Errors
    /// When `config.example.toml` is invalid, which a test rules out.
    pub fn defaults() -> Result<Self, ConfigError> {
        let embedded = Document::new("config.example.toml", EXAMPLE);
        let layer = embedded.parse()?;
        Self::build(&embedded, None, layer)
    }

    /// Merges the defaults, the file, the environment (read through `variable`) and the flags, in
    /// that order.
    ///
    /// # Errors
    /// [`ConfigError`] when a named file cannot be read, or a key or value of any layer is wrong.
    pub fn load(
        flags: &Overrides,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ConfigError> {
        let named = named_file(flags, &variable);
        let file = read_file(named.as_deref(), Path::new(DEFAULT_FILE))?;
        Self::layered(file, flags, variable)
    }

    /// The file that [`Config::load`] reads, whether it exists or not.
    #[must_use]
    pub fn file(flags: &Overrides, variable: impl Fn(&str) -> Option<OsString>) -> PathBuf {
        named_file(flags, &variable).unwrap_or_else(|| PathBuf::from(DEFAULT_FILE))
    }

    fn layered(
        file: Option<Document>,
        flags: &Overrides,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ConfigError> {
        let embedded = Document::new("config.example.toml", without_comments(EXAMPLE));
        let mut layer: Layer = embedded.parse()?;
        if let Some(file) = &file {
            let own: Layer = file.parse()?;
            presets::check(file, &own.presets)?;
            layer = own.over(layer);
        }
        let environment = Layer::from_environment(&variable)?;
        let preset_from_environment = environment.preset.is_some();
        let state = environment.state.clone().map(|path| ("MINIC_ROOT", path));
        let state = flags.state.clone().map(|path| ("--state", path)).or(state);
        layer = environment.over(layer);
        if let Some((source, path)) = state {
            layer.state = Some(
                std::path::absolute(&path)
                    .map_err(|e| ConfigError::new(source, &format!("{}: {e}", path.display())))?,
            );
        }
        let config = Self::build(&embedded, file, layer)?;
        config.check_default_preset(preset_from_environment)?;
        Ok(config)
    }

    fn build(
        embedded: &Document,
        file: Option<Document>,
        layer: Layer,
    ) -> Result<Self, ConfigError> {
        let missing = |key: &str| ConfigError::new(&embedded.name, &format!("{key}: is missing"));
        let mut presets: Vec<(String, Preset)> = layer.presets.into_iter().collect();
        let (ours, theirs) = (
            example_presets(),
            file.as_ref()
                .map(|f| f.offsets_in("presets"))
                .unwrap_or_default(),
        );
        let ours = |name: &String| {
            ours.iter()
                .position(|known| known == name)
                .unwrap_or(usize::MAX)
        };
        presets.sort_by_cached_key(|(name, _)| {
            (ours(name), theirs.get(name).copied().unwrap_or(usize::MAX))
        });
        Ok(Self {
            state: layer.state.ok_or_else(|| missing("state"))?,
            tick: layer.tick.ok_or_else(|| missing("tick"))?,
            stop_grace: layer.stop_grace.ok_or_else(|| missing("stop_grace"))?,
            detach_keys: layer.detach_keys.ok_or_else(|| missing("detach_keys"))?,
            theme: layer.theme.ok_or_else(|| missing("theme"))?,
            columns: layer.columns.ok_or_else(|| missing("columns"))?,
            meters: layer.meters.ok_or_else(|| missing("meters"))?,
            preset: layer.preset.filter(|name| name != NO_PRESET),
            userns: layer
                .userns
                .default
                .ok_or_else(|| missing("userns.default"))?,
            ids: checked_pool(
                file.as_ref(),
                layer.userns.pool().ok_or_else(|| missing("userns"))?,
            )?,
            keys: layer.keys,
            presets,
            file,
        })
    }

    /// The preset called `name`.
    ///
    /// # Errors
    /// [`SpecError`] that lists the existing presets.
    pub fn preset(&self, name: &str) -> Result<&Preset, SpecError> {
        let found = self.presets.iter().find(|(known, _)| known == name);
        found.map(|(_, preset)| preset).ok_or_else(|| {
            let names: Vec<&str> = self.presets.iter().map(|(name, _)| name.as_str()).collect();
            SpecError::new(
                "preset",
                format!(
                    "there is no preset {name:?}; there are {}",
                    names.join(", ")
                ),
            )
        })
    }

    /// `FILE:LINE:COLUMN` of a setting in the config file, for checks elsewhere (the screen's
    /// keymap). `None` when the file does not set it.
    #[must_use]
    pub fn place(&self, path: &[&str]) -> Option<String> {
        self.file.as_ref()?.place_of(path)
    }

    fn check_default_preset(&self, from_environment: bool) -> Result<(), ConfigError> {
        let Some(name) = &self.preset else {
            return Ok(());
        };
        self.preset(name)
            .map(drop)
            .map_err(|error| match &self.file {
                Some(file) if !from_environment => file.error_at(&["preset"], &error.reason),
                _ => ConfigError::new("MINIC_PRESET", &error.reason),
            })
    }
}

/// Strips comments, most of the example: parsing them took a tenth of a short command's time.
fn without_comments(text: &str) -> String {
    let says_something = |line: &&str| !line.is_empty() && !line.starts_with('#');
    text.split_inclusive('\n')
        .filter(|line| says_something(&line.trim_end()))
        .collect()
}

/// The presets of the example in its order, found by their table headers: parsing it again would
/// take a tenth of a short command's time.
fn example_presets() -> Vec<&'static str> {
    EXAMPLE
        .lines()
        .filter_map(|line| line.strip_prefix("[presets.")?.strip_suffix(']'))
        .collect()
}

fn named_file(flags: &Overrides, variable: &impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let from_environment = || {
        variable("MINIC_CONFIG")
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
    };
    flags.file.clone().or_else(from_environment)
}

/// The file that is `named`, which has to exist, or else the one at `default`, if there is one.
fn read_file(named: Option<&Path>, default: &Path) -> Result<Option<Document>, ConfigError> {
    let path = named.unwrap_or(default);
    match files::read_text(path, MAX_SIZE) {
        Ok(text) => Ok(Some(Document::new(error::shown(path), text))),
        Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ConfigError::new(
            error::shown(path),
            &format!("cannot read it: {error}"),
        )),
    }
}

/// Only a file can have invalid figures: the embedded ones are tested.
fn checked_pool(file: Option<&Document>, pool: IdPool) -> Result<IdPool, ConfigError> {
    let wrong = |reason: String| match file {
        Some(file) => file.error_at(&["userns"], &reason),
        None => ConfigError::new("userns", &reason),
    };
    pool.check().map(|()| pool).map_err(wrong)
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
