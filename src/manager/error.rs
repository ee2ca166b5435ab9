//! [`Error`]: the error of a verb, with a hint for the user and an exit code.

use crate::cgroup::CgroupError;
use crate::inspect::InspectError;
use crate::record::{LaunchStep, Process, Record, Status};
use crate::spec::SpecError;
use crate::sys::fault::PlannedFault;

/// A failed verb.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The request is invalid.
    #[error("{0}")]
    Spec(#[from] SpecError),
    /// No container has this id or name.
    #[error("no container {0:?}")]
    Unknown(String),
    /// Another command destroyed the container during this one.
    #[error("container {0} was destroyed by another command")]
    Destroyed(String),
    /// Several ids begin with this word.
    #[error("{word:?} is a prefix of {count} ids")]
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
        /// Its state.
        state: &'static str,
        /// The verb.
        verb: &'static str,
        /// The state that the verb needs.
        needs: &'static str,
    },
    /// The container could not be started.
    #[error("{message}")]
    Launch {
        /// What failed, on what, and the kernel's error.
        message: String,
        /// 125, 126 or 127.
        code: i32,
        /// The steps that were completed before.
        launch: Vec<LaunchStep>,
    },
    /// Somebody else changed meanwhile what was to be undone; it was left alone.
    #[error("not undone: {0}")]
    NotUndone(String),
    /// A file, cgroup or process operation failed.
    #[error("{message}")]
    System {
        /// What failed, on what, and the kernel's error.
        message: String,
        /// What the user can do, if known.
        hint: Option<String>,
    },
}

impl Error {
    /// The limit was meant for a living container, and that has ended.
    pub(crate) fn limit_of_ended(record: &Record) -> Self {
        Self::wrong_state(record, "its limit", "it to be alive")
    }

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
            Self::Unknown(_) => Some("`minic-tui list` shows all containers".into()),
            Self::Ambiguous { .. } => Some("give more of the id, or the name".into()),
            Self::NameInUse(_) => Some("choose another name or destroy that container".into()),
            Self::WrongState { .. } | Self::NotUndone(_) => None,
            Self::System { hint, .. } => hint.clone(),
        }
    }

    /// The exit code of a command that fails with it (as docker: 125 is our own failure).
    #[must_use]
    pub fn exit_code(&self) -> i32 {
        match self {
            Self::Launch { code, .. } => *code,
            Self::Spec(_) | Self::NameInUse(_) | Self::System { .. } => 125,
            Self::Unknown(_)
            | Self::Destroyed(_)
            | Self::Ambiguous { .. }
            | Self::NotUndone(_)
            | Self::WrongState { .. } => 1,
        }
    }
}

/// The init of a container that must be running or paused for `verb`.
pub(crate) fn alive<'a>(record: &'a Record, verb: &'static str) -> Result<&'a Process, Error> {
    let process = record.state.status.process();
    process.ok_or_else(|| Error::wrong_state(record, verb, "a running one"))
}

/// The init of a container that must be running for `verb`: a process that joins a frozen cgroup
/// is frozen itself.
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
            message: format!("step {} failed: {}", fault.step, errno.desc()),
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
