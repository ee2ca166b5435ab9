//! The settings: defaults < file < environment < flags. `config.example.toml` is the file that
//! holds every default.
//!
//! [`Config::load`] merges them; a [`ConfigError`] names file, line, column, key and what is
//! allowed.

mod array;
mod document;
mod error;
mod layer;
mod load;
mod presets;
mod replace;
mod save;
mod save_screen;
mod screen;

pub use error::ConfigError;
pub use layer::Theme;
pub use load::{Config, Overrides};
pub use presets::NO_PRESET;
pub use save::{change_preset, delete_preset, save_preset};
pub use save_screen::{ScreenChanges, save_screen};
pub use screen::{Column, Meter};
