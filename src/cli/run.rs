//! `run`: create and start, in the foreground or detached.

use clap::Args;

use super::attach::Keys;
use super::failure::Failure;
use super::progress::Progress;
use super::request::{Request, need_terminal};
use super::security::warn_of_privileges;
use super::session::Session;
use super::stdout;
use super::words::ending;
use crate::config::Config;
use crate::spec::ContainerRequest;

/// Create a container and start it
///
/// In the foreground its input, output, signals and terminal are passed through, and minic-tui
/// exits with its exit code. Options after CMD belong to CMD. A container that cannot be started is
/// removed.
///
/// SIGINT (Ctrl-C), SIGQUIT and SIGTERM also end its restarts, whether it runs or waits for the
/// next one; the exit code is then that of its last run.
///
/// A slow reader of the output slows the container down, as in any pipeline. A client that does not
/// read at all for 10 seconds, while 1M of output waits, is detached, says so and exits with 125;
/// the container and its log continue. Use `run -d` and `logs -f` for a reader that pauses longer.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// Start it in the background and print its id
    #[arg(short, long)]
    detach: bool,

    #[command(flatten)]
    keys: Keys,

    #[command(flatten)]
    request: Request,
}

impl Run {
    /// What it asks for.
    pub(super) fn asked(self, config: &Config) -> Result<ContainerRequest, Failure> {
        self.request.resolve(config)
    }

    pub(super) fn perform(self, session: &Session) -> Result<i32, Failure> {
        let what = self.request.resolve(&session.config)?;
        warn_of_privileges(&what);
        let mut progress = Progress::new();
        if self.detach {
            let id = session
                .manager
                .launch(&what, &mut |line| progress.say(&line))?;
            drop(progress);
            stdout::write(&format!("{id}\n"))?;
            return Ok(0);
        }
        need_terminal(what.tty, what.interactive)?;
        let fresh = session
            .manager
            .create_to_start(&what, &mut |line| progress.say(&line))?;
        drop(progress);
        ending(
            session
                .manager
                .start_new(fresh, self.keys.or_configured(session))?,
        )
    }
}

/// The request that these arguments of `run` make, for tests of what says such arguments.
///
/// # Errors
/// What is wrong with them, in one line.
#[doc(hidden)]
pub fn parse_run(arguments: &[String], config: &Config) -> Result<ContainerRequest, String> {
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        run: Run,
    }
    let words = std::iter::once("run").chain(arguments.iter().map(String::as_str));
    let line = <Line as clap::Parser>::try_parse_from(words).map_err(|error| error.to_string())?;
    let asked = line.run.asked(config);
    asked.map_err(|failure| failure.line.unwrap_or_default())
}
