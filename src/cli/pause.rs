//! `pause`: containers stand still.

use clap::Args;

use super::arguments::Containers;
use super::failure::Failure;
use super::session::Session;

/// Freeze every process of containers
#[derive(Debug, Args)]
pub(super) struct Pause {
    #[command(flatten)]
    containers: Containers,
}

impl Pause {
    pub(super) fn perform(self, session: &Session) -> Result<i32, Failure> {
        session.each("pause", &self.containers.words, |record| {
            Ok(session.manager.pause(&record.spec.id)?)
        })
    }
}
