//! `update`: other limits for a container, live.

use clap::Args;

use super::arguments::OneContainer;
use super::failure::Failure;
use super::finer::FinerLimits;
use super::session::Session;
use super::stdout;
use crate::spec::Preset;

/// Change the limits of a container, live while it runs
#[derive(Debug, Args)]
pub(super) struct Update {
    /// Hard memory limit: MB as a number (128), or with a unit (64M, 1.5G)
    #[arg(long, value_name = "SIZE")]
    memory: Option<String>,

    /// Swap beyond memory, as --memory; 0 allows none
    #[arg(long, value_name = "SIZE")]
    swap: Option<String>,

    /// CPU shares and a cap of SHARES/1024 of a core: 512 is half a core
    #[arg(long, value_name = "SHARES")]
    cpu: Option<String>,

    /// Only the cap, in cores: 0.5
    #[arg(long, value_name = "CORES")]
    cpus: Option<String>,

    /// Only the weight against other containers, 1024 being usual
    #[arg(long, value_name = "SHARES")]
    cpu_shares: Option<String>,

    /// Most processes and threads
    #[arg(long, value_name = "COUNT")]
    pids_limit: Option<String>,

    #[command(flatten)]
    finer: FinerLimits,

    #[command(flatten)]
    container: OneContainer,
}

impl Update {
    pub fn perform(self, session: &Session) -> Result<i32, Failure> {
        let mut request = Preset {
            memory: self.memory,
            swap: self.swap,
            cpu: self.cpu,
            cpus: self.cpus,
            cpu_shares: self.cpu_shares,
            pids: self.pids_limit,
            ..Preset::default()
        };
        self.finer.put_into(&mut request);
        if request == Preset::default() {
            return Err(Failure::ours("nothing to change: say which limit (see `minic-tui update --help`)"));
        }
        let word = &self.container.word;
        let done = session.manager.find(word).and_then(|record| session.manager.update(&record.spec.id, &request));
        let updated = done.map_err(|error| Failure::from(error).about(word))?;
        let when = if updated.live { "" } else { " (from its next start on)" };
        let lines: String = updated.changes.iter().map(|change| format!("{change}{when}\n")).collect();
        stdout::write(&lines)?;
        Ok(0)
    }
}
