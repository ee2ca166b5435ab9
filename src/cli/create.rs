//! `create`: a container that is not started yet.

use clap::Args;

use super::failure::Failure;
use super::progress::Progress;
use super::request::Request;
use super::security::warn_of_privileges;
use super::session::Session;
use super::stdout;

/// Create a container without starting it, and print its id
#[derive(Debug, Args)]
pub(super) struct Create {
    #[command(flatten)]
    request: Request,
}

impl Create {
    pub(super) fn perform(self, session: &Session) -> Result<i32, Failure> {
        let what = self.request.resolve(&session.config)?;
        warn_of_privileges(&what);
        let mut progress = Progress::new();
        let record = session
            .manager
            .create(&what, &mut |line| progress.say(&line))?;
        drop(progress);
        stdout::write(&format!("{}\n", record.spec.id))?;
        Ok(0)
    }
}
