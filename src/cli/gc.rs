//! `gc`: what crashes left is removed.

use clap::Args;

use super::failure::Failure;
use super::session::Session;
use super::stdout;
use crate::spec::sanitize;

/// Remove what crashes left behind, and print it
///
/// Cgroups of containers that do not run, halves of creations and removals, run folders of
/// containers that are gone. Every command does this by itself when it starts, without a word; what
/// cannot be proven to be ours is left alone, and told here.
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
