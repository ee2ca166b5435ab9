//! The screen, driven by typed keys: what it shows (golden files) and which effects it requests.
//!
//! `UPDATE_GOLDEN=1 cargo test --test screen` rewrites the golden files; review each change before
//! committing it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod both_sizes;
mod cards;
mod complaints;
mod connections;
mod containers;
mod effects;
mod form;
mod form_command;
mod form_fields;
mod graphs;
mod groups;
mod handles;
mod health;
mod hint;
mod hostile;
mod keys;
mod logs;
mod memory;
mod merged;
mod mouse;
mod moving;
mod overlays;
mod overview;
mod palette;
mod past;
mod presets;
mod prompt;
mod quiet;
mod read_only;
mod settings;
mod setup;
mod several;
mod signals;
mod sizes;
mod stage;
mod tabs;
mod tiles;
mod undo;
mod usage;
mod verbs;
