//! JSON as printed by `--json` and returned by the browser monitor's API.

mod health;
mod views;
mod write;

pub use health::HealthView;
pub use views::{Container, Details, NotAvailable, Usage};
pub use write::{line, pretty, to_json};
