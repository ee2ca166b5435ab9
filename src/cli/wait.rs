//! `wait`: until containers have ended.

use clap::Args;

use super::arguments::Containers;
use super::failure::Failure;
use super::session::Session;
use super::stdout;

/// Wait until containers have ended, and print each one's exit code
#[derive(Debug, Args)]
pub(super) struct Wait {
    #[command(flatten)]
    containers: Containers,
}

impl Wait {
    pub(super) fn perform(self, session: &Session) -> Result<i32, Failure> {
        session.each("wait", &self.containers.words, |record| {
            let cause = session.manager.wait(&record.spec.id)?;
            stdout::write(&format!("{}\n", cause.exit_code()))
        })
    }
}
