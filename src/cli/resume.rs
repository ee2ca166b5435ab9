//! `resume`: and go on.

use clap::Args;

use super::arguments::Containers;
use super::failure::Failure;
use super::session::Session;

/// Resume paused containers
#[derive(Debug, Args)]
pub(super) struct Resume {
    #[command(flatten)]
    containers: Containers,
}

impl Resume {
    pub(super) fn perform(self, session: &Session) -> Result<i32, Failure> {
        session.each("resume", &self.containers.words, |record| {
            Ok(session.manager.resume(&record.spec.id)?)
        })
    }
}
