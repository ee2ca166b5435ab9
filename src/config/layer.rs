//! [`Layer`]: the settings of one source, all optional.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::ConfigError;
use super::screen::{self, Column, Meter};
use crate::spec::{DetachKeys, IdPool, Preset, SpecError, Userns, parse_duration};

/// The colour theme of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// For dark terminals.
    Dark,
    /// For light terminals.
    Light,
    /// High contrast.
    Contrast,
    /// No colour at all.
    Colourless,
}

impl Theme {
    /// Its name in the config file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Contrast => "contrast",
            Self::Colourless => "colourless",
        }
    }
}

/// One source's settings for user ids: `userns = "host"`, or a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct IdLayer {
    pub default: Option<Userns>,
    first: Option<u32>,
    size: Option<u32>,
    ranges: Option<u32>,
}

impl IdLayer {
    fn over(self, base: Self) -> Self {
        Self {
            default: self.default.or(base.default),
            first: self.first.or(base.first),
            size: self.size.or(base.size),
            ranges: self.ranges.or(base.ranges),
        }
    }

    /// The pool, when every figure is set.
    pub(super) fn pool(self) -> Option<IdPool> {
        Some(IdPool {
            first: self.first?,
            size: self.size?,
            ranges: self.ranges?,
        })
    }
}

/// A single word sets only the default.
fn id_layer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IdLayer, D::Error> {
    struct WordOrTable;
    impl<'de> Visitor<'de> for WordOrTable {
        type Value = IdLayer;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("\"auto\", \"host\" or a table")
        }
        fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<IdLayer, E> {
            let default = word
                .parse()
                .map_err(|error: SpecError| E::custom(error.reason))?;
            Ok(IdLayer {
                default: Some(default),
                ..IdLayer::default()
            })
        }
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<IdLayer, A::Error> {
            IdLayer::deserialize(MapAccessDeserializer::new(map))
        }
    }
    deserializer.deserialize_any(WordOrTable)
}

/// The settings of one source. What is unset comes from the layer below.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Layer {
    #[serde(deserialize_with = "absolute")]
    pub state: Option<PathBuf>,
    #[serde(deserialize_with = "tick")]
    pub tick: Option<Duration>,
    #[serde(deserialize_with = "grace")]
    pub stop_grace: Option<Duration>,
    #[serde(deserialize_with = "detach_keys")]
    pub detach_keys: Option<DetachKeys>,
    pub theme: Option<Theme>,
    #[serde(deserialize_with = "screen::columns")]
    pub columns: Option<Vec<Column>>,
    #[serde(deserialize_with = "screen::meters")]
    pub meters: Option<Vec<Meter>>,
    pub preset: Option<String>,
    #[serde(deserialize_with = "id_layer")]
    pub userns: IdLayer,
    pub keys: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    pub presets: BTreeMap<String, Preset>,
}

impl Layer {
    /// The settings of the environment; empty variables are ignored.
    pub(super) fn from_environment(
        variable: &impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ConfigError> {
        let text = |name: &str| {
            let set = variable(name).filter(|value| !value.is_empty());
            set.map(|value| {
                value
                    .into_string()
                    .map_err(|_| ConfigError::new(name, "it is not UTF-8"))
            })
            .transpose()
        };
        let error = |name: &'static str| move |reason: String| ConfigError::new(name, &reason);
        Ok(Self {
            state: variable("MINIC_ROOT")
                .filter(|path| !path.is_empty())
                .map(PathBuf::from),
            tick: text("MINIC_TICK")?
                .map(|t| checked_tick(&t))
                .transpose()
                .map_err(error("MINIC_TICK"))?,
            stop_grace: text("MINIC_STOP_GRACE")?
                .map(|t| checked_grace(&t))
                .transpose()
                .map_err(error("MINIC_STOP_GRACE"))?,
            theme: text("MINIC_THEME")?
                .map(|t| {
                    Theme::deserialize(toml::Value::String(t)).map_err(|e| e.message().to_owned())
                })
                .transpose()
                .map_err(error("MINIC_THEME"))?,
            preset: text("MINIC_PRESET")?,
            userns: IdLayer {
                default: text("MINIC_USERNS")?
                    .map(|t| t.parse())
                    .transpose()
                    .map_err(|e: SpecError| error("MINIC_USERNS")(e.reason))?,
                ..IdLayer::default()
            },
            ..Self::default()
        })
    }

    /// Merges `self` over `base`. Presets, and the keys of an action, are replaced as a whole.
    pub(super) fn over(self, mut base: Self) -> Self {
        for (context, actions) in self.keys {
            base.keys.entry(context).or_default().extend(actions);
        }
        base.presets.extend(self.presets);
        Self {
            state: self.state.or(base.state),
            tick: self.tick.or(base.tick),
            stop_grace: self.stop_grace.or(base.stop_grace),
            detach_keys: self.detach_keys.or(base.detach_keys),
            theme: self.theme.or(base.theme),
            columns: self.columns.or(base.columns),
            meters: self.meters.or(base.meters),
            preset: self.preset.or(base.preset),
            userns: self.userns.over(base.userns),
            keys: base.keys,
            presets: base.presets,
        }
    }
}

fn within(text: &str, min: Duration, max: Duration, range: &str) -> Result<Duration, String> {
    let duration = parse_duration("time", text).map_err(|error| error.reason)?;
    if (min..=max).contains(&duration) {
        Ok(duration)
    } else {
        Err(format!("{text:?} is out of range; use {range}"))
    }
}

fn checked_tick(text: &str) -> Result<Duration, String> {
    within(
        text,
        Duration::from_millis(100),
        Duration::from_secs(60),
        "100ms to 1m",
    )
}

fn checked_grace(text: &str) -> Result<Duration, String> {
    within(text, Duration::ZERO, Duration::from_secs(3600), "0s to 1h")
}

fn tick<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    checked_tick(&text)
        .map(Some)
        .map_err(serde::de::Error::custom)
}

fn grace<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    checked_grace(&text)
        .map(Some)
        .map_err(serde::de::Error::custom)
}

fn detach_keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DetachKeys>, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map(Some)
        .map_err(|error: SpecError| serde::de::Error::custom(error.reason))
}

fn absolute<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
    let path = PathBuf::deserialize(deserializer)?;
    if path.is_absolute() {
        return Ok(Some(path));
    }
    Err(serde::de::Error::custom(format!(
        "{path:?} is not an absolute path"
    )))
}
