//! `start`: again, from what was saved.

use clap::Args;

use super::arguments::Containers;
use super::attach::Keys;
use super::failure::Failure;
use super::session::Session;
use super::words::ending;

/// Start created or stopped containers with their saved settings
#[derive(Debug, Args)]
pub(super) struct Start {
    /// Stay in the foreground, as run does; one container only
    #[arg(short, long)]
    attach: bool,

    #[command(flatten)]
    keys: Keys,

    #[command(flatten)]
    containers: Containers,
}

impl Start {
    pub(super) fn perform(self, session: &Session) -> Result<i32, Failure> {
        let words = &self.containers.words;
        if !self.attach {
            return session.each("start", words, |record| {
                Ok(session.manager.start(&record.spec.id)?)
            });
        }
        let [word] = words.as_slice() else {
            return Err(Failure::ours(
                "-a attaches to one container, and several are named",
            ));
        };
        let started = session.manager.find(word).and_then(|record| {
            session
                .manager
                .start_attached(&record.spec.id, self.keys.or_configured(session))
        });
        ending(started.map_err(|error| Failure::from(error).about(word))?)
    }
}
