//! `gc`: what crashes left is removed.

use clap::Args;

use super::failure::Failure;
use super::session::Session;
use super::stdout;
use crate::spec::sanitize;

/// Remove leftovers of crashes, and list them
///
/// Leftovers are cgroups of containers that are not running, unfinished creations and removals, and
/// run folders of removed containers. Every command removes them silently when it starts; what is
/// not provably ours is kept, and listed here.
#[derive(Debug, Args)]
pub(super) struct Gc {
    /// Only print what would be removed
    #[arg(long)]
    dry_run: bool,
}

impl Gc {
    pub(super) fn perform(self, session: &Session) -> Result<i32, Failure> {
        let text: String = session
            .manager
            .gc(self.dry_run)?
            .iter()
            .map(|found| format!("{}\n", sanitize(&found.to_string())))
            .collect();
        stdout::write(&text)?;
        Ok(0)
    }
}
