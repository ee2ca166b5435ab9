//! [`Config`]: the layers found, laid over each other and checked.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::document::Document;
use super::layer::{Layer, Theme};
use super::{ConfigError, error};
use crate::spec::{
    ContainerId, ContainerName, DetachKeys, IdPool, Preset, SpecError, Userns, resolve,
};
use crate::sys::files;

/// Every default, and the file that people copy.
const EXAMPLE: &str = include_str!("../../config.example.toml");
/// Read when no file is named.
const USUAL_FILE: &str = "/etc/minic/config.toml";
/// The largest config file, in bytes: the example has 20 thousand.
pub(super) const LARGEST: u64 = 4 << 20;
/// What stands for "no preset".
pub const NO_PRESET: &str = "none";

/// What the flags say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--config FILE`.
    pub file: Option<PathBuf>,
    /// `--state DIR`.
    pub state: Option<PathBuf>,
}

/// Every setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The folder in which containers are kept; absolute.
    pub state: PathBuf,
    /// Time between two samples.
    pub tick: Duration,
    /// Time between asking a container to stop and killing it.
    pub stop_grace: Duration,
    /// The keys that leave an attached terminal.
    pub detach_keys: DetachKeys,
    /// The looks of the screen.
    pub theme: Theme,
    /// The preset under every request that names none.
    pub preset: Option<String>,
    /// Whose ids containers have when neither flags nor preset say it.
    pub userns: Userns,
    /// The ids of the host that containers may be given.
    pub ids: IdPool,
    /// Keys laid over the screen's own: context → action → keys, not checked here.
    pub keys: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// The presets by name: the embedded ones, then those of the file, each in its order.
    pub presets: Vec<(String, Preset)>,
    file: Option<Document>,
}

impl Config {
    /// Only the defaults.
    ///
    /// # Errors
    /// When `config.example.toml` is wrong, which a test rules out.
    pub fn defaults() -> Result<Self, ConfigError> {
        let embedded = Document::new("config.example.toml", EXAMPLE);
        let layer = embedded.parse()?;
        Self::build(&embedded, None, layer)
    }

    /// The defaults, the file, the environment (as `variable` gives it) and the flags, each over
    /// the one before.
    ///
    /// # Errors
    /// [`ConfigError`] when a named file cannot be read, or a key or value of any layer is wrong.
    pub fn load(
        flags: &Overrides,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ConfigError> {
        let file = read_file(flags, &variable)?;
        Self::layered(file, flags, variable)
    }

    /// The file that [`Config::load`] reads, whether it is there or not.
    #[must_use]
    pub fn file(flags: &Overrides, variable: impl Fn(&str) -> Option<OsString>) -> PathBuf {
        named_file(flags, &variable).unwrap_or_else(|| PathBuf::from(USUAL_FILE))
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
            check_presets(file, &own.presets)?;
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
    /// [`SpecError`] that lists the presets there are.
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

    /// `FILE:LINE:COLUMN` of a setting of the config file, for whoever checks it further (the
    /// screen's keymap). `None` when the file does not make it.
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

/// Most of the example explains; to parse that was a tenth of what a short verb does.
fn without_comments(text: &str) -> String {
    let says_something = |line: &&str| !line.is_empty() && !line.starts_with('#');
    text.split_inclusive('\n')
        .filter(|line| says_something(&line.trim_end()))
        .collect()
}

/// The presets of the example in its order: each is a table of its own there. To parse the whole of
/// it a second time for that would be a tenth of what a short verb does.
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

fn read_file(
    flags: &Overrides,
    variable: &impl Fn(&str) -> Option<OsString>,
) -> Result<Option<Document>, ConfigError> {
    let named = named_file(flags, variable);
    let path = named.as_deref().unwrap_or(Path::new(USUAL_FILE));
    match files::read_text(path, LARGEST) {
        Ok(text) => Ok(Some(Document::new(error::shown(path), text))),
        Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ConfigError::new(
            error::shown(path),
            &format!("cannot read it: {error}"),
        )),
    }
}

/// Only a file can make the figures wrong: the embedded ones are tested.
fn checked_pool(file: Option<&Document>, pool: IdPool) -> Result<IdPool, ConfigError> {
    let wrong = |reason: String| match file {
        Some(file) => file.error_at(&["userns"], &reason),
        None => ConfigError::new("userns", &reason),
    };
    pool.check().map(|()| pool).map_err(wrong)
}

/// A preset must make a container: everything but a missing command is found out now, with its
/// line, not at its first use.
fn check_presets(file: &Document, presets: &BTreeMap<String, Preset>) -> Result<(), ConfigError> {
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
        if let Err(error) = resolve(ContainerId::from_random([0; 6]), None, &whole, false, false) {
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

/// The key of a preset for a field as the command line calls it; of a list, without its `s`.
fn key_of(field: &str) -> String {
    match field {
        "health-cmd" => "health_command".to_owned(),
        field => field.replace('-', "_"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing(_: &str) -> Option<OsString> {
        None
    }

    fn with_file(text: &str) -> Result<Config, ConfigError> {
        Config::layered(
            Some(Document::new("f", text)),
            &Overrides::default(),
            nothing,
        )
    }

    fn wrong(text: &str) -> String {
        with_file(text).unwrap_err().to_string()
    }

    #[test]
    fn the_example_holds_every_default_and_explains_every_key() {
        let defaults = Config::defaults().unwrap();
        let copied = with_file(EXAMPLE).unwrap();
        assert_eq!(
            Config {
                file: None,
                ..copied
            },
            defaults,
            "a copy of the example changes nothing"
        );
        let says = |key: &str| {
            let words = |line: &str| {
                line.trim_start_matches(['#', ' '])
                    .split([' ', '='])
                    .next()
                    .map(str::to_owned)
            };
            EXAMPLE
                .lines()
                .any(|line| words(line).as_deref() == Some(key))
        };
        // the error about an unknown key lists every key there is
        for (text, least) in [("nosuch = 1", 7), ("[presets.a]\nnosuch = 1", 15)] {
            let message = wrong(text);
            let keys: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
            assert!(keys.len() >= least, "{message}");
            for key in keys {
                assert!(
                    says(key) || EXAMPLE.contains(&format!("[{key}")),
                    "{key} is not in the example"
                );
            }
        }
        assert_eq!(
            defaults.ids,
            IdPool::default(),
            "what a manager without settings has"
        );
        for (name, preset) in &defaults.presets {
            assert!(preset.description.is_some(), "{name} says what it is");
        }
        check_presets(
            &Document::new("f", EXAMPLE),
            &defaults.presets.iter().cloned().collect(),
        )
        .unwrap();
    }

    #[test]
    fn the_comments_of_the_example_say_nothing_to_a_parser() {
        let parsed = |text: &str| toml::from_str::<toml::Table>(text).unwrap();
        assert_eq!(parsed(&without_comments(EXAMPLE)), parsed(EXAMPLE));
        assert!(without_comments(EXAMPLE).len() < EXAMPLE.len() / 2);
    }

    #[test]
    fn the_experiments_of_the_original_are_there() {
        let defaults = Config::defaults().unwrap();
        let limits = |name: &str| defaults.preset(name).unwrap().limits().unwrap();
        assert_eq!(limits("cpu-quarter").cpu.unwrap().cores(), 0.25);
        assert_eq!(limits("cpu-quarter").cpu_shares, Some(256));
        assert_eq!(limits("memory-300").memory, Some(300 << 20));
        assert_eq!(limits("combined").memory, Some(200 << 20));
        assert_eq!(limits("cpu-stress"), crate::spec::Limits::default());
        for name in ["tiny", "small", "medium", "large", "build"] {
            assert!(
                defaults.preset(name).unwrap().command.is_none(),
                "{name} is a profile"
            );
        }
        let names: Vec<&str> = defaults
            .presets
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(
            (names[0], names[names.len() - 1]),
            ("tiny", "combined"),
            "in the order of the file"
        );
    }

    #[test]
    fn each_layer_lies_over_the_one_before() {
        let file = || {
            Some(Document::new(
                "f",
                "state = \"/file\"\ntick = \"2s\"\nstop_grace = \"3s\"",
            ))
        };
        let environment = |name: &str| match name {
            "MINIC_ROOT" => Some("/environment".into()),
            "MINIC_TICK" => Some("4s".into()),
            _ => None,
        };
        let flags = Overrides {
            file: None,
            state: Some("relative".into()),
        };
        let config = Config::layered(file(), &Overrides::default(), environment).unwrap();
        assert_eq!(config.state, Path::new("/environment"));
        assert_eq!((config.tick.as_secs(), config.stop_grace.as_secs()), (4, 3));
        let config = Config::layered(file(), &flags, environment).unwrap();
        assert!(
            config.state.is_absolute() && config.state.ends_with("relative"),
            "{:?}",
            config.state
        );
        let empty = |_: &str| Some(OsString::new());
        assert_eq!(
            Config::layered(file(), &Overrides::default(), empty)
                .unwrap()
                .state,
            Path::new("/file")
        );
    }

    #[test]
    fn own_presets_and_keys_come_after_and_over_the_embedded_ones() {
        let config = with_file("[presets.web]\nmemory = 64\n[presets.app]\n[presets.tiny]\npids = 1\n[keys.logs]\nwrap = [\"W\"]").unwrap();
        let names: Vec<&str> = config
            .presets
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(names[names.len() - 2..], ["web", "app"], "{names:?}");
        assert_eq!(
            config.preset("tiny").unwrap().memory,
            None,
            "a preset is replaced whole"
        );
        assert_eq!(config.keys["logs"]["wrap"], ["W"]);
        assert_eq!(
            config.place(&["keys", "logs", "wrap"]).as_deref(),
            Some("f:7:8")
        );
        assert_eq!(config.place(&["keys", "logs", "follow"]), None);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place_and_what_is_allowed() {
        for (text, begins, allowed) in [
            (
                "tock = 1",
                "f:1:1: tock: unknown key, expected one of",
                "`tick`",
            ),
            (
                "\n[presets.web]\nmemroy = 1",
                "f:3:1: presets.web.memroy: unknown key",
                "`memory`",
            ),
            (
                "tick = \"soon\"",
                "f:1:8: tick: \"soon\" is not a time",
                "500ms",
            ),
            ("tick = 5", "f:1:8: tick: invalid type", "string"),
            ("tick = \"1ms\"", "f:1:8: tick: ", "100ms to 1m"),
            ("stop_grace = \"2h\"", "f:1:14: stop_grace: ", "0s to 1h"),
            (
                "detach_keys = \"esc\"",
                "f:1:15: detach_keys: ",
                "ctrl-p,ctrl-q",
            ),
            ("theme = \"neon\"", "f:1:9: theme: ", "`colourless`"),
            ("state = \"here\"", "f:1:9: state: ", "absolute"),
            (
                "preset = \"nosuch\"",
                "f:1:10: preset: there is no preset \"nosuch\"",
                "cpu-quarter",
            ),
            (
                "[presets.web]\npids = 1\nmemory = \"lots\"",
                "f:3:10: presets.web.memory: \"lots\"",
                "64M",
            ),
            (
                "[presets.web]\ncpu_shares = 1",
                "f:2:14: presets.web.cpu_shares: ",
                "262144",
            ),
            (
                "[presets.web]\nmemory = [1]",
                "f:2:10: presets.web.memory: ",
                "amount",
            ),
            (
                "[presets.web]\nnet = \"bridge\"",
                "f:2:7: presets.web.net: ",
                "none, host or container:ID",
            ),
            (
                "[presets.web]\nrestart = \"often\"",
                "f:2:11: presets.web.restart: ",
                "on-failure",
            ),
            (
                "[presets.web]\nworkdir = \"tmp\"",
                "f:2:11: presets.web.workdir: ",
                "absolute",
            ),
            (
                "[presets.web]\nenv = [\"A\"]",
                "f:2:7: presets.web.env: ",
                "KEY=value",
            ),
            (
                "[presets.web]\nvolumes = [\"a\"]",
                "f:2:11: presets.web.volumes: ",
                "SRC:DST",
            ),
            (
                "[presets.web]\nlog_files = 0\nlog_size = 5",
                "f:2:13: presets.web.log_files: ",
                "100",
            ),
            (
                "[presets.web]\nhealth_command = \"a\\u0000\"",
                "f:2:18: presets.web.health_command: ",
                "NUL",
            ),
            (
                "[presets.none]\npids = 1",
                "f:1:1: presets.none: ",
                "another name",
            ),
            ("[presets.\"a b\"]", "f:1:1: presets.a b: ", "letters"),
            (
                "[keys.logs]\nwrap = \"W\"",
                "f:2:8: keys.logs.wrap: invalid type",
                "sequence",
            ),
            ("[userns]\nfirst = 0", "f:1:1: userns: ", "at least 1"),
            (
                "[userns]\nsize = 4000000000",
                "f:1:1: userns: ",
                "4294967294",
            ),
            ("[userns]\nsize = -1", "f:2:8: userns.size: ", "u32"),
            (
                "[presets.web]\nuserns = \"keep\"",
                "f:2:10: presets.web.userns: ",
                "auto or host",
            ),
            (
                "[presets.web]\ntime_offsets = [\"x=1\"]",
                "f:2:16: presets.web.time_offsets: ",
                "boottime",
            ),
            ("tick", "f:1:5: ", "`=`"),
            ("a = 1\na = 2", "f:2:1: ", "duplicate"),
        ] {
            let message = wrong(text);
            assert!(
                message.starts_with(begins) && message.contains(allowed),
                "{text:?} → {message}"
            );
            assert!(!message.contains('\n'), "{message:?}");
        }
    }

    #[test]
    fn the_environment_is_checked_too() {
        for (name, value) in [
            ("MINIC_TICK", "x"),
            ("MINIC_STOP_GRACE", "9h"),
            ("MINIC_THEME", "x"),
            ("MINIC_PRESET", "x"),
        ] {
            let set = |asked: &str| (asked == name).then(|| value.into());
            let error = Config::layered(None, &Overrides::default(), set)
                .unwrap_err()
                .to_string();
            assert!(error.starts_with(&format!("{name}: ")), "{error}");
        }
        let none = |asked: &str| (asked == "MINIC_PRESET").then(|| NO_PRESET.into());
        let file = Some(Document::new("f", "preset = \"tiny\""));
        assert_eq!(
            Config::layered(file, &Overrides::default(), none)
                .unwrap()
                .preset,
            None
        );
    }
}
