//! `attach`: our terminal becomes the container's.

use clap::Args;

use super::arguments::OneContainer;
use super::failure::Failure;
use super::session::Session;
use super::words::ending;

/// Attach to a running container: its output from now on, our input and signals
#[derive(Debug, Args)]
pub(super) struct Attach {
    #[command(flatten)]
    container: OneContainer,
}

impl Attach {
    pub fn perform(self, session: &Session) -> Result<i32, Failure> {
        let word = &self.container.word;
        let ended = session.manager.find(word).and_then(|record| session.manager.attach(&record.spec.id));
        ending(ended.map_err(|error| Failure::from(error).about(word))?)
    }
}
