//! [`Reload`]: the config file, read again when it changes while the screen is open.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::SystemTime;

use super::settings::Settings;
use crate::config::{Config, Overrides};

/// Checks whether the config file has changed. Flags and what belongs to this session stay as they
/// are.
#[derive(Debug)]
pub struct Reload {
    flags: Overrides,
    file: PathBuf,
    seen: Option<(SystemTime, u64)>,
    stays: Settings,
}

impl Reload {
    /// Watches the file that `flags` and the environment name, from which `settings` was made.
    #[must_use]
    pub fn new(flags: Overrides, settings: &Settings) -> Self {
        let file = Config::file(&flags, environment);
        let mut reload = Self {
            flags,
            file,
            seen: None,
            stays: settings.clone(),
        };
        reload.seen = reload.stamp();
        reload
    }

    fn stamp(&self) -> Option<(SystemTime, u64)> {
        let data = std::fs::metadata(&self.file).ok()?;
        Some((data.modified().ok()?, data.len()))
    }

    /// The new settings if the file has changed since the last call, or what is wrong with it.
    pub fn look(&mut self) -> Option<Result<Box<Settings>, String>> {
        let stamp = self.stamp();
        if stamp == self.seen {
            return None;
        }
        self.seen = stamp;
        Some(self.read().map(Box::new))
    }

    fn read(&self) -> Result<Settings, String> {
        let config = Config::load(&self.flags, environment).map_err(|error| error.to_string())?;
        let read = Settings::from_config(&config).map_err(|error| format!("{error:#}"))?;
        Ok(read.staying(&self.stays))
    }
}

fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_is_read_once_and_an_invalid_one_reported() {
        let file = std::env::temp_dir().join(format!("minic-reload-{}.toml", std::process::id()));
        let write = |text: &str| std::fs::write(&file, text).unwrap();
        write("tick = \"1s\"\n");
        let settings = Settings {
            read_only: true,
            ..Settings::embedded().unwrap()
        };
        let flags = Overrides {
            file: Some(file.clone()),
            ..Overrides::default()
        };
        let mut reload = Reload::new(flags, &settings);
        assert!(reload.look().is_none());
        write("tick = \"250ms\"\n[keys.containers]\nstop = [\"x\"]\n");
        let read = reload.look().unwrap().unwrap();
        assert_eq!(read.tick.as_millis(), 250);
        assert!(read.read_only, "what the command line said stays");
        assert!(reload.look().is_none());
        write("tick = \"soon\"\n");
        let wrong = reload.look().unwrap().unwrap_err();
        assert!(wrong.contains(":1:8: tick"), "{wrong}");
        std::fs::remove_file(&file).unwrap();
        assert!(
            reload
                .look()
                .unwrap()
                .unwrap_err()
                .contains("cannot read it")
        );
    }
}
