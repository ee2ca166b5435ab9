//! The whole command line as clap sees it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::{
    attach, check, completions, create, destroy, events, exec, gc, info, kill, list, logs, man,
    pause, prune, rename, restart, resume, run, start, stop, update, wait, web,
};

const EXAMPLES: &str = "\
Examples:
  sudo minic-tui                              open the screen
  minic-tui --demo                            the screen with sample data, without root
  sudo minic-tui run echo \"Hello World\"       run a command and show its output
  sudo minic-tui run -it --rm sh              a shell that leaves nothing behind
  sudo minic-tui run -d --name web --memory 128 --cpu 512 sleep 1000
                                              128 MB and half a core, in the background
  sudo minic-tui run -d --preset cpu-quarter  from a preset of the config file
  sudo minic-tui list                         list the containers
  sudo minic-tui logs -f web                  follow its output
  sudo minic-tui stop web                     send the stop signal, then SIGKILL
  minic-tui completions bash > /etc/bash_completion.d/minic-tui
  minic-tui man | man -l -

Exit codes: run, exec, start -a and attach exit with the command's own code, 128+N when signal N ended it. \
125: minic-tui itself failed. 126: the command cannot be executed. 127: the command does not exist. \
1: a container does not exist, or is in the wrong state.

Environment: MINIC_ROOT (--state), MINIC_CONFIG (--config), MINIC_PRESET, MINIC_TICK, MINIC_STOP_GRACE, MINIC_THEME, NO_COLOR.";

/// A container manager with a full-screen monitor; without a command it opens the screen
///
/// minic-tui launches, limits, watches and controls Linux containers. There is no daemon: it is the
/// runtime, the manager and the monitor in one program. Without a command it opens a full-screen
/// view of every container; each command does one thing from a shell.
#[derive(Debug, Parser)]
#[command(name = "minic-tui", version, after_help = EXAMPLES, max_term_width = 110, disable_help_subcommand = true)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub globals: Globals,

    /// Open the screen with sample data: nothing is run, root is not needed
    #[arg(long)]
    pub demo: bool,

    #[command(flatten)]
    pub options: ScreenOptions,

    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// How the screen is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub struct ScreenOptions {
    /// Open the screen read-only
    #[arg(long)]
    pub read_only: bool,

    /// Draw with ASCII characters only, whatever the locale
    #[arg(long)]
    pub ascii: bool,

    /// Instead of a screen, print the state as lines, then every change: for screen readers and
    /// pipes
    #[arg(long)]
    pub plain: bool,
}

/// What every verb takes.
#[derive(Debug, Clone, Args)]
pub(super) struct Globals {
    /// Keep containers in this folder [default: /var/lib/minic, or MINIC_ROOT]
    #[arg(long, global = true, value_name = "DIR", value_hint = clap::ValueHint::DirPath, help_heading = "Global options")]
    pub state: Option<PathBuf>,

    /// Read settings from this file [default: /etc/minic/config.toml, or MINIC_CONFIG]
    #[arg(long, global = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath, help_heading = "Global options")]
    pub config: Option<PathBuf>,
}

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    Run(run::Run),
    Create(create::Create),
    #[command(visible_aliases = ["ls", "ps"])]
    List(list::List),
    Info(info::InfoArguments),
    Start(start::Start),
    Stop(stop::Stop),
    Restart(restart::Restart),
    Kill(kill::Kill),
    Pause(pause::Pause),
    #[command(visible_alias = "unpause")]
    Resume(resume::Resume),
    Wait(wait::Wait),
    Rename(rename::Rename),
    Update(update::Update),
    #[command(visible_alias = "rm")]
    Destroy(destroy::Destroy),
    Prune(prune::Prune),
    Gc(gc::Gc),
    Exec(exec::Exec),
    Attach(attach::Attach),
    Logs(logs::Logs),
    Events(events::Events),
    Web(web::WebArguments),
    Check(check::Check),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Verb {
    /// The word on the command line.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Run(_) => "run",
            Self::Create(_) => "create",
            Self::List(_) => "list",
            Self::Info(_) => "info",
            Self::Start(_) => "start",
            Self::Stop(_) => "stop",
            Self::Restart(_) => "restart",
            Self::Kill(_) => "kill",
            Self::Pause(_) => "pause",
            Self::Resume(_) => "resume",
            Self::Wait(_) => "wait",
            Self::Rename(_) => "rename",
            Self::Update(_) => "update",
            Self::Destroy(_) => "destroy",
            Self::Prune(_) => "prune",
            Self::Gc(_) => "gc",
            Self::Exec(_) => "exec",
            Self::Attach(_) => "attach",
            Self::Logs(_) => "logs",
            Self::Events(_) => "events",
            Self::Web(_) => "web",
            Self::Check(_) => "check",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
        }
    }
}

/// One or more containers.
#[derive(Debug, Args)]
pub(super) struct Containers {
    /// Containers by name, id, or the beginning of an id
    #[arg(value_name = "ID", required = true)]
    pub words: Vec<String>,
}

/// One container.
#[derive(Debug, Args)]
pub(super) struct OneContainer {
    /// The container by name, id, or the beginning of its id
    #[arg(value_name = "ID")]
    pub word: String,
}
