//! All that runs after a fork: launcher, supervisor, init, exec, console.
//!
//! [`launch`] forks the supervisor of one container; [`Launcher`] does the same on behalf of a process with threads;
//! [`attach`] and [`exec`] connect a caller's terminal to it.

mod attach;
mod client;
mod duties;
mod error;
mod exec;
mod exec_console;
mod frame;
mod health;
mod init;
mod launch;
mod launcher;
mod oom;
mod plan;
mod relay;
mod shared;
mod socket;
mod start;
mod step;
mod supervisor;
mod terminal;

pub use attach::{AttachEnd, Console, await_end, connect, request_stop};
pub use error::LaunchError;
pub use exec::{ExecOrder, exec};
pub use launch::{Runtime, StartOrder, launch};
pub use launcher::Launcher;
