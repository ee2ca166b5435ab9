//! What is on disk: one [`Record`] a container, its status as a pure state machine, its log.
//!
//! A status is derived, never believed: [`Status::observed`] turns a RUNNING whose process is gone into STOPPED, cause lost.

mod container;
mod status;

pub use container::Record;
pub use status::{Event, ExitCause, IllegalTransition, Process, Status};
