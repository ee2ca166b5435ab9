//! The supervisor of one container: a process of its own, which begins it, relays its streams,
//! and records its end.

mod allowance;
mod begin;
mod check_output;
mod clients;
mod clock;
mod detach;
mod duties;
mod ending;
mod event_loop;
mod handshake;
mod health;
mod launch;
mod limits;
mod prepare;
mod relay;
mod report;
mod run;
mod running;
mod settings;
mod shared;
mod streams;
mod users;

pub(crate) use clients::PATIENCE;
pub(crate) use launch::Launch;
pub(crate) use report::{Outcome, read_outcome};
pub(crate) use run::run;
