//! All that runs after a fork: launcher, supervisor, init, exec, console.
//!
//! [`launch_record`] forks the supervisor of one container; [`Launcher`] does the same on behalf of
//! a process with threads; [`attach`] and [`exec`] connect a caller's terminal to it.

mod allowance;
mod attach;
mod client;
mod confinement;
mod duties;
mod ending;
mod error;
mod exec;
mod exec_console;
mod exec_join;
mod exec_pipes;
mod exec_session;
mod frame;
mod health;
mod init;
mod launch;
mod launcher;
mod oom;
mod peer;
mod pipe;
mod plan;
mod prepare;
mod relay;
mod relay_wait;
mod restrict;
mod settings;
mod shared;
mod socket;
mod sources;
mod start;
mod step;
mod step_clock;
mod supervisor;
mod terminal;
mod ulimits;

pub(crate) use attach::{AttachEnd, Console, await_end, connect, request_stop};
pub(crate) use client::PATIENCE;
pub(crate) use confinement::Confinement;
pub(crate) use error::LaunchError;
pub(crate) use exec::{ExecOrder, exec};
pub(crate) use exec_session::{ExecSession, SessionOutput};
pub use frame::{Reply, Request};
pub(crate) use launch::{Runtime, StartOrder, launch_record};
pub(crate) use launcher::Launcher;
pub(crate) use peer::is_root_of_ours;
pub(crate) use restrict::PROFILE_FILE;
pub(crate) use sources::record_sources;
pub use step::StepReport;
