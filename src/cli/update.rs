//! `update`: other limits for a container, live.

use clap::Args;

use super::arguments::OneContainer;
use super::failure::Failure;
use super::limits::{BasicLimits, MoreLimits};
use super::session::Session;
use super::stdout;
use crate::spec::Preset;

/// Change the limits of a container, also while it runs
///
/// Limits that are not named are kept, including other rates of the same device. "unlimited"
/// removes a limit, as in --memory unlimited (and its swap limit with it), --cpus unlimited (and
/// its burst), --pids-limit unlimited or --device-read-bps /dev/sda:unlimited; --cpuset-cpus all
/// allows every CPU again, and --cpu-burst 0, --memory-low 0 and --memory-min 0 remove those.
#[derive(Debug, Args)]
pub(super) struct Update {
    #[command(flatten)]
    basic: BasicLimits,

    #[command(flatten)]
    more: MoreLimits,

    #[command(flatten)]
    container: OneContainer,
}

impl Update {
    pub(super) fn perform(self, session: &Session) -> Result<i32, Failure> {
        let mut request = Preset::default();
        self.basic.put_into(&mut request);
        self.more.put_into(&mut request);
        if request == Preset::default() {
            return Err(Failure::ours(
                "nothing to change: say which limit (see `minic-tui update --help`)",
            ));
        }
        let word = &self.container.word;
        let done = session
            .manager
            .find(word)
            .and_then(|record| session.manager.update(&record.spec.id, &request));
        let updated = done.map_err(|error| Failure::from(error).about(word))?;
        let when = if updated.live {
            ""
        } else {
            " (from its next start on)"
        };
        let lines: String = updated
            .changes
            .iter()
            .map(|change| format!("{change}{when}\n"))
            .collect();
        stdout::write(&lines)?;
        Ok(0)
    }
}
