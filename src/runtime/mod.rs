//! All that runs after a fork: launcher, supervisor, init, exec.
//!
//! [`launch_record`] forks the supervisor of one container; [`Launcher`] does the same on behalf of
//! a process with threads; [`attach`] and [`exec`] connect a caller's terminal to it.

mod exec;
mod init;
mod launcher;
mod supervisor;

mod attach;
mod confinement;
mod error;
mod frame;
mod oom;
mod order;
mod peer;
mod pipe;
mod restrict;
mod socket;
mod sources;
mod terminal;
mod ulimits;

pub(crate) use attach::{AttachEnd, Console, await_end, connect, request_stop};
pub(crate) use confinement::Confinement;
pub(crate) use error::LaunchError;
pub(crate) use exec::{ExecOrder, exec};
pub use frame::{Reply, Request};
pub use init::StepReport;
pub(crate) use launcher::{ExecSession, Launcher, SessionOutput, launch_record};
pub(crate) use order::{Runtime, StartOrder};
pub(crate) use peer::is_root_of_ours;
pub(crate) use restrict::PROFILE_FILE;
pub(crate) use sources::record_sources;
pub(crate) use supervisor::PATIENCE;
