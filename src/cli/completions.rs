//! `completions`: what a shell completes.

use clap::{Args, Command};
use clap_complete::Shell;

use super::failure::Failure;
use super::stdout;

/// Print the completions for a shell
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    pub(super) fn perform(self, mut command: Command) -> Result<i32, Failure> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut command, "minic-tui", &mut text);
        stdout::write(&String::from_utf8_lossy(&text))?;
        Ok(0)
    }
}
