//! `restart`: stop, then start.

use clap::Args;

use super::arguments::Containers;
use super::failure::Failure;
use super::session::Session;
use super::stop::Grace;

/// Stop containers that are alive, then start them
#[derive(Debug, Args)]
pub(super) struct Restart {
    #[command(flatten)]
    grace: Grace,

    #[command(flatten)]
    containers: Containers,
}

impl Restart {
    pub(super) fn perform(self, session: &Session) -> Result<i32, Failure> {
        session.each("restart", &self.containers.words, |record| {
            let grace = self.grace.of(session, &record.spec.id)?;
            Ok(session.manager.restart(&record.spec.id, grace)?)
        })
    }
}
