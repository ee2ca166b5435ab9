//! `prune`: every stopped container is destroyed.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Args;

use super::failure::Failure;
use super::session::Session;
use super::stdout;
use crate::record::Status;

/// Destroy every stopped container, and print their names
#[derive(Debug, Args)]
pub(super) struct Prune {
    /// Do not ask for confirmation
    #[arg(short, long)]
    force: bool,
}

impl Prune {
    pub(super) fn perform(self, session: &Session) -> Result<i32, Failure> {
        if !self.force && !confirmed(session)? {
            return Ok(1);
        }
        for record in session.manager.prune()? {
            stdout::write(&format!("{}\n", record.spec.name))?;
        }
        Ok(0)
    }
}

fn confirmed(session: &Session) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::ours(
            "would destroy every stopped container (say -f, or answer on a terminal)",
        ));
    }
    let records = session.manager.records()?;
    let stopped: Vec<&str> = records
        .iter()
        .filter(|r| matches!(r.state.status, Status::Stopped { .. }))
        .map(|r| r.spec.name.as_str())
        .collect();
    if stopped.is_empty() {
        return Ok(true);
    }
    eprint!(
        "Destroy {} with their files and logs? [y/N] ",
        stopped.join(", ")
    );
    io::stderr().flush()?;
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.map_err(|error| Failure::ours(format!("cannot read the answer: {error}")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
