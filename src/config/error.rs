//! [`ConfigError`]: which setting is wrong, where it was set, and what is allowed.

use crate::spec::sanitize;

/// An invalid setting. Shown as one line: `/etc/minic/config.toml:12:10: presets.web.memory: "lots"
/// has the unknown unit …`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct ConfigError {
    /// `FILE:LINE:COLUMN`, a file, or the environment variable or flag that set it.
    pub place: String,
    /// The key, what is wrong with it and what is allowed.
    pub message: String,
}

impl ConfigError {
    /// Builds an error; text from a file is sanitized and put on one line.
    pub(super) fn new(place: impl Into<String>, message: &str) -> Self {
        Self {
            place: place.into(),
            message: sanitize(&message.replace('\n', " ")).into_owned(),
        }
    }
}

/// A path, sanitized for a message.
pub(super) fn shown(path: &std::path::Path) -> String {
    sanitize(&path.to_string_lossy()).into_owned()
}
