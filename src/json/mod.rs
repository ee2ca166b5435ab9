//! JSON as `--json` prints it and the browser monitor's API answers it.

mod views;
mod write;

pub use views::{Container, Details, Usage};
pub use write::{line, pretty, to_json};
