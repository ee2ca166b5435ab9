//! The supervisor of one container: a process of its own, which begins it, relays its streams,
//! and records its end.

mod allowance;
mod begin;
mod clients;
mod clock;
mod duties;
mod ending;
mod health;
mod prepare;
mod relay;
mod report;
mod run;
mod settings;
mod shared;
mod wait;

pub(crate) use clients::PATIENCE;
pub(crate) use report::{Outcome, read_outcome};
pub(crate) use run::run;
