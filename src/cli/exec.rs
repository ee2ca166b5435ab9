//! `exec`: a command in a container that runs.

use clap::Args;

use super::arguments::OneContainer;
use super::failure::Failure;
use super::request::{environment, need_terminal};
use super::session::Session;
use crate::manager::ExecRequest;
use crate::spec::{SpecError, User};

/// Run a command in a running container, and exit with its exit code
#[derive(Debug, Args)]
pub(super) struct Exec {
    /// Pass standard input to it
    #[arg(short, long)]
    interactive: bool,

    /// Allocate a terminal
    #[arg(short, long)]
    tty: bool,

    /// Set a variable of its environment; a bare KEY takes its value from the caller's environment
    #[arg(short, long, value_name = "KEY[=VALUE]")]
    env: Vec<String>,

    /// Its working directory [default: the container's own]
    #[arg(short, long, value_name = "DIR")]
    workdir: Option<String>,

    /// The user that it runs as: UID, UID:GID or a name [default: the container's own user]
    #[arg(short, long, value_name = "USER", value_parser = user)]
    user: Option<User>,

    #[command(flatten)]
    container: OneContainer,

    /// The command and its arguments; options after it are its own
    #[arg(value_name = "CMD", trailing_var_arg = true, required = true)]
    command: Vec<String>,
}

fn user(text: &str) -> Result<User, String> {
    text.parse().map_err(|error: SpecError| error.reason)
}

impl Exec {
    pub(super) fn perform(self, session: &Session) -> Result<i32, Failure> {
        need_terminal(self.tty, self.interactive)?;
        let request = ExecRequest {
            argv: self.command,
            env: environment(&self.env, |name| std::env::var_os(name))?,
            workdir: self.workdir,
            user: self.user,
            tty: self.tty,
            interactive: self.interactive,
        };
        let word = &self.container.word;
        let done = session
            .manager
            .find(word)
            .and_then(|record| session.manager.exec(&record, &request));
        done.map_err(|error| Failure::from(error).about(word))
    }
}
