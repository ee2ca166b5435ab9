//! The manager: one lifecycle verb a file, and the [`Engine`] through which the screens act.
//!
//! [`Manager`] is the real engine of one state folder. It rebuilds the truth from disk, process and
//! cgroup at every call (`reconcile`), so a killed process of ours leaves nothing that the next
//! command does not repair.

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
mod shell;
mod signal;
mod start;
mod stop;
mod trash;
mod update;
mod wait;
mod watch;

pub use crate::record::LogChunk;
pub use create::{CreateOptions, Fresh};
pub use engine::{Created, Engine, LogSource, Sampling, Watching};
pub use error::Error;
pub(crate) use error::{alive, joinable};
pub use events::EventSource;
pub use exec::ExecRequest;
pub use gc::{Fate, Found};
pub use info::Info;
pub use inspector::{Happenings, Inspector, Shell, ShellOutput};
pub use limit_change::{LimitChange, Updated};
pub use real::{Manager, StateDir};
pub use trash::TRASH_KEPT;
pub(crate) use update::differences;
