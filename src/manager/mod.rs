//! The manager: one lifecycle verb a file, and the [`Engine`] through which the screens act.

mod demo;
mod engine;
mod error;
mod surface;

pub use demo::{Demo, DemoClock};
pub use engine::{Created, Engine, LogChunk, LogSource, Sampling, Watching};
pub use error::Error;
pub use surface::{CreateOptions, ExecRequest, Info, Manager, StateDir};
