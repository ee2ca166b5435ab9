//! The JSON API. Objects are those of the command line's `--json`; `assets/web/openapi.json`
//! describes it, and a test compares the two.

pub mod containers;
pub mod events;
pub mod system;
pub mod verbs;
