//! `rename`: another name.

use clap::Args;

use super::arguments::OneContainer;
use super::failure::Failure;
use super::session::Session;

/// Rename a container; its id, host name and files are kept
#[derive(Debug, Args)]
pub(super) struct Rename {
    #[command(flatten)]
    container: OneContainer,

    /// The new name
    #[arg(value_name = "NAME")]
    name: String,
}

impl Rename {
    pub(super) fn perform(self, session: &Session) -> Result<i32, Failure> {
        let word = &self.container.word;
        let renamed = session
            .manager
            .find(word)
            .and_then(|record| session.manager.rename(&record.spec.id, &self.name));
        renamed.map_err(|error| Failure::from(error).about(word))?;
        Ok(0)
    }
}
