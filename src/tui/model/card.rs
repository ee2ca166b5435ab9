//! [`Card`]: one container looked at closely, over the tab: why it died, or how its launch went.

use super::{LogLine, Model};
use crate::record::{LaunchStep, Record, Status};
use crate::spec::ContainerId;
use crate::tui::wording::is_bad_end;

/// What is looked at.
#[derive(Debug, Clone, PartialEq)]
pub enum Card {
    /// Why it died.
    Death {
        /// Who.
        id: ContainerId,
        /// Its last lines; `None` until they are read.
        last_words: Option<Result<Vec<LogLine>, String>>,
    },
    /// How the launch of a container went.
    Launch(ContainerId),
    /// How a launch went that failed.
    FailedLaunch(FailedLaunch),
}

/// A launch that failed: nothing of it is left but this.
#[derive(Debug, Clone, PartialEq)]
pub struct FailedLaunch {
    /// What was to be launched.
    pub name: String,
    /// Which step failed, and what the kernel said.
    pub message: String,
    /// The steps that were done before.
    pub steps: Vec<LaunchStep>,
}

impl Card {
    /// Whose card it is, when that one is in the list.
    #[must_use]
    pub fn id(&self) -> Option<&ContainerId> {
        match self {
            Self::Death { id, .. } | Self::Launch(id) => Some(id),
            Self::FailedLaunch(_) => None,
        }
    }
}

impl Model {
    /// Those that lived when `before` was read and have ended since in a way nobody asked for.
    #[must_use]
    pub fn died_since(&self, before: &[Record]) -> Vec<&Record> {
        let lived = |id: &ContainerId| before.iter().any(|record| record.spec.id == *id && record.status.is_alive());
        let died = |record: &&Record| matches!(&record.status, Status::Stopped { cause, .. } if is_bad_end(cause));
        let asked = |id: &ContainerId| self.pending_for(id).is_some();
        self.records.iter().filter(died).filter(|record| lived(&record.spec.id) && !asked(&record.spec.id)).collect()
    }
}
