//! Executing a command in a running container: what is asked for, the processes that join, and the
//! caller's side.

mod begin;
mod console;
mod join;
mod message;
mod order;
mod pipes;
mod plan;
mod probe;
mod target;

pub(crate) use begin::begin;
pub(crate) use console::exec;
pub(crate) use message::{COMMAND, ENDED, FAILED};
pub(crate) use order::ExecOrder;
pub(crate) use order::explain;
pub(crate) use probe::{Probe, start_probe};
