//! [`ConfigError`]: which setting is wrong, where it was made, and what is allowed.

use crate::spec::sanitize;

/// A setting that cannot be used. Shown as one line: `/etc/minic/config.toml:12:10:
/// presets.web.memory: "lots" has the unknown unit …`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct ConfigError {
    /// `FILE:LINE:COLUMN`, a file, or the environment variable or flag that made the setting.
    pub place: String,
    /// The key, what is wrong with it and what is allowed.
    pub message: String,
}

impl ConfigError {
    /// Builds an error; what a file says is made safe to show in one line.
    pub(super) fn new(place: impl Into<String>, message: &str) -> Self {
        Self {
            place: place.into(),
            message: sanitize(&message.replace('\n', " ")).into_owned(),
        }
    }
}

/// A path as it may stand in a message.
pub(super) fn shown(path: &std::path::Path) -> String {
    sanitize(&path.to_string_lossy()).into_owned()
}
