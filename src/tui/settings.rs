//! [`Settings`]: the screen's configuration.

use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::keymap::Keymap;
use super::theme::{ColorDepth, Symbols, Theme};
use crate::config::Column;
use crate::config::{Config, Meter};
use crate::spec::Preset;

/// The screen's configuration, made from the config file and flags.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The presets by name, in the order in which they are listed.
    pub presets: Vec<(String, Preset)>,
    /// The preset of requests that name none.
    pub default_preset: Option<String>,
    /// The folder in which containers are kept.
    pub state: PathBuf,
    /// What each key does.
    pub keymap: Keymap,
    /// Colours and symbols.
    pub theme: Theme,
    /// The columns of the container list, left to right, as far as there is room.
    pub columns: Vec<Column>,
    /// What the header shows.
    pub meters: Vec<Meter>,
    /// Time between two samples.
    pub tick: Duration,
    /// Time between SIGTERM and SIGKILL when a container is stopped.
    pub stop_grace: Duration,
    /// Refuse whatever changes a container.
    pub read_only: bool,
    /// The time zone of the times shown.
    pub time_zone: TimeZone,
    /// The command line of this program for the same state folder, as shown to the user.
    pub program: Vec<String>,
    /// The config file, where presets are saved.
    pub config_file: Option<PathBuf>,
    /// Whether the theme stays as it is when the config file changes: a page in a browser shows
    /// every colour, whatever the terminal does from which it is served.
    pub fixed_theme: bool,
    /// The file that [`Remembered`](super::remembered::Remembered) is kept in; `None` keeps nothing.
    pub remembered_in: Option<PathBuf>,
    /// A word shown beside the tabs, such as DEMO.
    pub badge: Option<String>,
}

impl Settings {
    /// What the config file, the environment (`NO_COLOR`, `TERM`, `COLORTERM`, the locale) and this
    /// machine's time zone say.
    ///
    /// # Errors
    /// When the config file names an unknown action or key, with the place where it does.
    pub fn from_config(config: &Config) -> anyhow::Result<Self> {
        let keymap = Keymap::embedded()?.with_overrides(&config.keys)?;
        let theme = Theme::detect(Some(config.theme.as_str()), |name| std::env::var(name).ok())?;
        let (presets, tick, stop_grace) = (config.presets.clone(), config.tick, config.stop_grace);
        Ok(Self {
            presets,
            default_preset: config.preset.clone(),
            state: config.state.clone(),
            keymap,
            theme,
            tick,
            stop_grace,
            columns: config.columns.clone(),
            meters: config.meters.clone(),
            ..Self::embedded()?
        })
    }

    /// These settings, with what the command line set in `other`.
    #[must_use]
    pub fn staying(self, other: &Self) -> Self {
        let mut theme = if other.fixed_theme {
            other.theme.clone()
        } else {
            self.theme
        };
        theme.symbols = other.theme.symbols;
        Self {
            theme,
            state: other.state.clone(),
            read_only: other.read_only,
            time_zone: other.time_zone.clone(),
            program: other.program.clone(),
            config_file: other.config_file.clone(),
            fixed_theme: other.fixed_theme,
            remembered_in: other.remembered_in.clone(),
            badge: other.badge.clone(),
            ..self
        }
    }

    /// No presets, the embedded keys, the dark theme in Unicode and true colour, a tick a second,
    /// 10 s of grace.
    ///
    /// # Errors
    /// Only when an embedded asset is wrong, which a test rules out.
    pub fn embedded() -> anyhow::Result<Self> {
        Ok(Self {
            presets: Vec::new(),
            default_preset: None,
            state: PathBuf::new(),
            keymap: Keymap::embedded()?,
            theme: Theme::named("dark", ColorDepth::True, Symbols::UNICODE)?,
            columns: Column::DEFAULT.to_vec(),
            meters: Meter::ALL.to_vec(),
            tick: Duration::from_secs(1),
            stop_grace: Duration::from_secs(10),
            read_only: false,
            time_zone: TimeZone::system(),
            program: vec!["minic-tui".into()],
            config_file: None,
            fixed_theme: false,
            remembered_in: None,
            badge: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_settings_are_the_defaults_of_the_config_file() {
        let config = Config::defaults().unwrap();
        let settings = Settings::embedded().unwrap();
        assert_eq!(settings.columns, config.columns);
        assert_eq!(settings.meters, config.meters);
        assert_eq!(settings.tick, config.tick);
    }
}
