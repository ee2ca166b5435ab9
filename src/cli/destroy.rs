//! `destroy`: nothing of it is left.

use clap::Args;

use super::arguments::Containers;
use super::failure::Failure;
use super::session::Session;

/// Remove containers with their files and logs
#[derive(Debug, Args)]
pub(super) struct Destroy {
    /// Also running containers: they are killed first
    #[arg(short, long)]
    force: bool,

    #[command(flatten)]
    containers: Containers,
}

impl Destroy {
    pub(super) fn perform(self, session: &Session) -> Result<i32, Failure> {
        session.each("destroy", &self.containers.words, |record| {
            Ok(session.manager.destroy(&record.spec.id, self.force)?)
        })
    }
}
