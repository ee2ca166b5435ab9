//! The manager: one lifecycle verb per file, and [`Engine`], the interface of the screens.
//!
//! [`Manager`] is the engine of one state folder. Every call derives the state from disk, processes
//! and cgroups (`reconcile`), so the next command repairs what a killed process of ours left.

mod connections;
mod create;
mod destroy;
mod engine;
mod engine_impl;
mod error;
mod events;
mod exec;
mod gc;
mod info;
mod inspector;
mod inspector_impl;
mod launch;
mod limit_change;
mod list;
mod logs;
mod lookup;
mod pause;
mod prune;
mod real;
mod reconcile;
mod rename;
mod sampling;
mod sharing;
mod shell;
mod signal;
mod start;
mod stop;
mod trash;
mod update;
mod wait;
mod watch;

pub use crate::record::LogChunk;
pub use create::NewContainer;
pub use engine::{Engine, LogSource, Sampling, Watching};
pub use error::Error;
pub(crate) use error::{alive, joinable};
pub use events::EventSource;
pub use exec::ExecRequest;
pub use gc::{GcEntry, GcOutcome};
pub use info::Info;
pub use inspector::{EventStream, Inspector, Shell, ShellOutput};
pub use limit_change::{LimitChange, Updated};
pub use real::{Manager, StateDir};
pub(crate) use rename::check_name;
pub use trash::TRASH_KEPT;
pub(crate) use update::differences;
