//! The manager: one lifecycle verb a file, and the [`Engine`] through which the screens act.
//!
//! [`Manager`] is the real engine of one state folder. It rebuilds the truth from disk, process and
//! cgroup at every call (`reconcile`), so a killed process of ours leaves nothing that the next
//! command does not repair.

pub mod check;
mod create;
mod demo;
mod destroy;
mod engine;
mod error;
mod events;
mod exec;
mod gc;
mod info;
mod inspect;
mod launch;
mod list;
mod logs;
mod pause;
mod prune;
mod real;
mod reconcile;
mod rename;
mod sampling;
mod signal;
mod start;
mod stop;
mod trash;
mod update;
mod wait;
mod watch;

pub use crate::record::LogChunk;
pub use create::{CreateOptions, Fresh};
pub use demo::{Demo, DemoClock};
pub use engine::{Created, Engine, LogSource, Sampling, Watching};
pub use error::Error;
pub use events::EventSource;
pub use exec::ExecRequest;
pub use gc::{Fate, Found};
pub use info::Info;
pub use inspect::{
    Change, ChangeKind, Changes, Extracted, Fact, Happenings, Inspector, Judgement, ProcessInfo,
    Section, Sheet, Shell, ShellOutput,
};
pub use real::{Manager, StateDir};
pub use trash::TRASH_KEPT;
pub use update::{LimitChange, Updated};
