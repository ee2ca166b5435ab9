//! What is on disk: one [`Record`] a container in the [`Store`], its status as a pure state
//! machine, its log.
//!
//! A status is checked when it is read: [`Status::observed`] turns a RUNNING whose process is gone
//! into STOPPED, cause lost.

mod alive;
mod container;
mod error;
mod events;
mod folders;
mod health;
mod ids;
mod json_file;
mod launch_step;
mod leftovers;
mod lines;
mod lock;
mod log_rate;
mod log_reader;
mod log_writer;
mod logfile;
mod names;
mod owner;
mod put_off;
mod state;
mod status;
mod store;
mod supervising;
mod trash;
mod unsaved_end;
mod writable_folders;

pub use alive::{boot_id, identify, is_alive};
pub use container::Record;
pub use error::StoreError;
pub use events::{EventReader, LoggedEvent};
pub use health::{CheckEnd, CheckRun, Health, HealthReport};
pub use launch_step::LaunchStep;
pub use leftovers::Leftover;
pub use lock::Lock;
pub use log_reader::LogReader;
pub use log_writer::LogWriter;
pub use logfile::LogChunk;
pub use state::{State, Unapplied};
pub use status::{Event, ExitCause, IllegalTransition, Process, Status};
pub use store::{Draft, Store};
pub use supervising::Supervising;
pub use trash::Trashed;
