//! [`ExecOrder`]: what to execute in a running container, and what a failure of it is called.

use nix::errno::Errno;
use serde::{Deserialize, Serialize};

use crate::runtime::LaunchError;
use crate::runtime::init::{Step, StepReport};
use crate::spec::{ContainerSpec, User};

/// What to execute.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecOrder {
    /// Command and arguments.
    pub argv: Vec<String>,
    /// Added to the container's environment, `KEY=value`.
    pub env: Vec<String>,
    /// Working directory inside the container; its own when `None`.
    pub workdir: Option<String>,
    /// Who it runs as; the container's own user when `None`.
    pub user: Option<User>,
    /// With a terminal of the container's.
    pub tty: bool,
    /// With our standard input.
    pub interactive: bool,
}

/// A failed step of an exec in words.
pub(crate) fn explain(spec: &ContainerSpec, order: &ExecOrder, report: StepReport) -> LaunchError {
    let errno = Errno::from_raw(report.errno);
    match report.step {
        Step::Exec => LaunchError::command(order.argv.first().map_or("", String::as_str), errno),
        Step::Workdir => {
            let folder = order.workdir.as_deref().unwrap_or(&spec.cwd);
            match errno {
                Errno::EXDEV => LaunchError::plain(format!(
                    "the working directory {folder:?} leads out of the container"
                )),
                _ => LaunchError::own(
                    format!("cannot enter the working directory {folder:?}"),
                    errno,
                ),
            }
        }
        Step::Session => LaunchError::own("cannot make a session, and a keyring for it", errno),
        Step::Terminal => LaunchError::own("cannot open a terminal in the container", errno),
        Step::Stdio => LaunchError::own(
            "cannot use /dev/null of the container, which is not a null device of its own (-i does without)",
            errno,
        ),
        Step::Reaper => LaunchError::own(
            "cannot fork in the container (its pids limit may be used up, or its seccomp profile or --ulimit nproc forbid it)",
            errno,
        ),
        step => LaunchError::own(format!("cannot join the container (step {step:?})"), errno),
    }
}
