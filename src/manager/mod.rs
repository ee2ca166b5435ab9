//! The manager: one lifecycle verb a file, and the [`Engine`] through which the screens act.

mod engine;
mod error;
mod surface;

pub use crate::record::LogChunk;
pub use engine::{Created, Engine, LogSource, Sampling, Watching};
pub use error::Error;
pub use surface::{CreateOptions, ExecRequest, Info, Manager, StateDir};
