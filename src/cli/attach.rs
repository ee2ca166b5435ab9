//! `attach`: our terminal becomes the container's.

use clap::Args;

use super::arguments::OneContainer;
use super::failure::Failure;
use super::session::Session;
use super::words::ending;
use crate::spec::{DetachKeys, SpecError};

/// The keys that leave it running.
#[derive(Debug, Args)]
pub(super) struct Keys {
    /// The keys that detach from its terminal [default: detach_keys of the config file,
    /// ctrl-p,ctrl-q]
    #[arg(long = "detach-keys", value_name = "KEYS", value_parser = keys)]
    keys: Option<DetachKeys>,
}

fn keys(text: &str) -> Result<DetachKeys, String> {
    text.parse().map_err(|error: SpecError| error.reason)
}

impl Keys {
    pub(super) fn or_configured<'a>(&'a self, session: &'a Session) -> &'a DetachKeys {
        self.keys.as_ref().unwrap_or(&session.config.detach_keys)
    }
}

/// Attach to a running container: its output from now on, input and signals
///
/// A client that does not read what the container writes for 10 seconds, while 1M of it waits, is
/// detached with a message and exits with 125; the container, its log and the other clients
/// continue.
#[derive(Debug, Args)]
pub(super) struct Attach {
    #[command(flatten)]
    keys: Keys,

    #[command(flatten)]
    container: OneContainer,
}

impl Attach {
    pub(super) fn perform(self, session: &Session) -> Result<i32, Failure> {
        let word = &self.container.word;
        let ended = session.manager.find(word).and_then(|record| {
            session
                .manager
                .attach(&record.spec.id, self.keys.or_configured(session))
        });
        ending(ended.map_err(|error| Failure::from(error).about(word))?)
    }
}
