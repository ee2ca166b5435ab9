//! The screen: model, message, action, update, effect; views and widgets that only draw.
//!
//! [`run`] is the entry point. Every thread sends [`message::Message`]s to the drawing thread;
//! [`update::update`] folds them into the [`model::Model`]; [`effect::Effects`] alone talks to the
//! [`Engine`](crate::manager::Engine); [`view::view`] draws.

pub mod action;
mod colours;
pub mod context;
pub mod effect;
pub mod keymap;
pub mod message;
pub mod model;
mod reload;
pub mod remembered;
pub mod row_text;
mod run;
pub mod sanitise;
mod settings;
mod surface;
pub mod terminal;
pub mod text;
pub mod theme;
pub mod update;
pub mod view;
pub mod widget;
pub mod wording;

pub use reload::Reload;
pub use run::{Messages, run, run_loop};
pub use settings::Settings;
pub use surface::Surface;

pub(crate) use colours::SIXTEEN;
