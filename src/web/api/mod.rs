//! The API: JSON for programs. Its shapes are those of the command line's `--json`;
//! `assets/web/openapi.json` describes it, and a test holds the two together.

pub mod containers;
pub mod events;
pub mod system;
pub mod verbs;
