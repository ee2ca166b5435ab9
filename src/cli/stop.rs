//! `stop`: a signal, a grace, then the end.

use std::time::Duration;

use clap::Args;

use super::arguments::Containers;
use super::failure::Failure;
use super::session::Session;
use crate::manager::Error;
use crate::spec::{ContainerId, parse_duration};

/// How long to wait between asking and killing.
#[derive(Debug, Args)]
pub(super) struct Grace {
    /// Time to wait before everything in it is killed: 10, 1.5, 500ms, 2m [default: stop_grace of
    /// the config file]
    #[arg(short, long = "time", value_name = "SECONDS", value_parser = time)]
    time: Option<Duration>,
}

fn time(text: &str) -> Result<Duration, String> {
    parse_duration("time", text).map_err(|error| error.reason)
}

impl Grace {
    /// What was asked for, else the container's own, else the configured one.
    pub(super) fn of(&self, session: &Session, id: &ContainerId) -> Result<Duration, Error> {
        self.time
            .map_or_else(|| session.manager.grace(id, session.config.stop_grace), Ok)
    }
}

/// Send containers their stop signal, then kill what remains of them
#[derive(Debug, Args)]
pub(super) struct Stop {
    #[command(flatten)]
    grace: Grace,

    #[command(flatten)]
    containers: Containers,
}

impl Stop {
    pub(super) fn perform(self, session: &Session) -> Result<i32, Failure> {
        session.each("stop", &self.containers.words, |record| {
            session
                .manager
                .stop(&record.spec.id, self.grace.of(session, &record.spec.id)?)?;
            Ok(())
        })
    }
}
