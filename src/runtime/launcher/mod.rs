//! Launching a container: directly, or through a process that was forked before its parent had
//! threads.

mod client;
mod launch;
mod process;
mod session;

pub(crate) use client::Launcher;
pub(crate) use launch::launch_record;
pub(crate) use session::{ExecSession, SessionOutput};
