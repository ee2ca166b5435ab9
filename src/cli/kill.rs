//! `kill`: a signal for what runs.

use clap::Args;

use super::arguments::Containers;
use super::failure::Failure;
use super::session::Session;
use crate::spec::{SpecError, parse_signal};

/// Send a signal to containers
#[derive(Debug, Args)]
pub(super) struct Kill {
    /// The signal by name or number; KILL ends everything in the container
    #[arg(short, long, value_name = "SIGNAL", default_value = "KILL", value_parser = signal)]
    signal: i32,

    #[command(flatten)]
    containers: Containers,
}

fn signal(text: &str) -> Result<i32, String> {
    parse_signal("signal", text).map_err(|error: SpecError| error.reason)
}

impl Kill {
    pub(super) fn perform(self, session: &Session) -> Result<i32, Failure> {
        session.each("kill", &self.containers.words, |record| {
            Ok(session.manager.kill(&record.spec.id, self.signal)?)
        })
    }
}
