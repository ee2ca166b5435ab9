//! [`Error`]: what was tried, what went wrong, what the user can do, and the exit code it means.

use crate::cgroup::CgroupError;
use crate::inspect::InspectError;
use crate::record::{LaunchStep, Process, Record, Status};
use crate::spec::SpecError;
use crate::sys::fault::PlannedFault;

/// A failed verb.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The request itself is wrong.
    #[error("{0}")]
    Spec(#[from] SpecError),
    /// No container is meant by this word.
    #[error("no container {0:?}")]
    Unknown(String),
    /// The container was there when this command began, and another one destroyed it.
    #[error("container {0} was destroyed meanwhile by another command")]
    Destroyed(String),
    /// Several ids begin with this word.
    #[error("{word:?} is the beginning of {count} ids")]
    Ambiguous {
        /// The user's word.
        word: String,
        /// How many ids match.
        count: usize,
    },
    /// The name is taken.
    #[error("the name {0:?} is in use")]
    NameInUse(String),
    /// The verb does not fit the container's state.
    #[error("{container} is {state}: {verb} needs {needs}")]
    WrongState {
        /// Name of the container.
        container: String,
        /// Its state's word.
        state: &'static str,
        /// The verb.
        verb: &'static str,
        /// What state it needs.
        needs: &'static str,
    },
    /// The container could not be started.
    #[error("{message}")]
    Launch {
        /// What was tried, on what, and what the kernel said.
        message: String,
        /// 125, 126 or 127.
        code: i32,
        /// The steps that were done before.
        launch: Vec<LaunchStep>,
    },
    /// Something of ours failed: a file, a cgroup, a process.
    #[error("{message}")]
    System {
        /// What was tried, on what, and what the kernel said.
        message: String,
        /// What the user can do, where we know.
        hint: Option<String>,
    },
}

impl Error {
    /// `verb` does not fit the state of `record`.
    pub(crate) fn wrong_state(record: &Record, verb: &'static str, needs: &'static str) -> Self {
        Self::WrongState {
            container: record.spec.name.to_string(),
            state: record.state.status.word(),
            verb,
            needs,
        }
    }

    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Spec(_) | Self::Launch { .. } | Self::Destroyed(_) => None,
            Self::Unknown(_) => Some("`minic-tui list` shows what there is".into()),
            Self::Ambiguous { .. } => Some("write more of the id, or the name".into()),
            Self::NameInUse(_) => Some("choose another name, or destroy that container".into()),
            Self::WrongState { .. } => None,
            Self::System { hint, .. } => hint.clone(),
        }
    }

    /// The exit code of a command that failed with it (docker's: 125 is our own failure).
    #[must_use]
    pub fn exit_code(&self) -> i32 {
        match self {
            Self::Launch { code, .. } => *code,
            Self::Spec(_) | Self::NameInUse(_) | Self::System { .. } => 125,
            Self::Unknown(_)
            | Self::Destroyed(_)
            | Self::Ambiguous { .. }
            | Self::WrongState { .. } => 1,
        }
    }
}

/// The init of a container that `verb` needs alive, running or paused.
pub(crate) fn alive<'a>(record: &'a Record, verb: &'static str) -> Result<&'a Process, Error> {
    let process = record.state.status.process();
    process.ok_or_else(|| Error::wrong_state(record, verb, "a running one"))
}

/// The init of a container that `verb` may join: what joins a frozen cgroup is frozen itself, and
/// whoever waits for it too.
pub(crate) fn joinable<'a>(record: &'a Record, verb: &'static str) -> Result<&'a Process, Error> {
    match &record.state.status {
        Status::Running { process, .. } => Ok(process),
        _ => Err(Error::wrong_state(record, verb, "a running one")),
    }
}

impl From<PlannedFault> for Error {
    fn from(fault: PlannedFault) -> Self {
        let errno = nix::errno::Errno::from(fault);
        Self::System {
            message: format!("cannot take the step {}: {}", fault.step, errno.desc()),
            hint: None,
        }
    }
}

impl From<InspectError> for Error {
    fn from(error: InspectError) -> Self {
        Self::System {
            message: error.to_string(),
            hint: None,
        }
    }
}

impl From<CgroupError> for Error {
    fn from(error: CgroupError) -> Self {
        Self::System {
            message: error.to_string(),
            hint: error.hint,
        }
    }
}
