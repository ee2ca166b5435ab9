//! [`Card`]: one container looked at closely, over the tab: why it died, or how its launch went.

use jiff::{SignedDuration, Timestamp};

use super::{LogLine, Model};
use crate::record::{LaunchStep, Record, Status};
use crate::spec::ContainerId;
use crate::tui::wording::is_unexpected;

/// For so long a failed launch is what its key shows; then it is the selected container's again.
const FAILURE_KEPT: SignedDuration = SignedDuration::from_mins(2);

/// What is looked at.
#[derive(Debug, Clone, PartialEq)]
pub enum Card {
    /// Why it died.
    Death {
        /// Who.
        id: ContainerId,
        /// Its last lines; `None` until they are read.
        log_tail: Option<Result<Vec<LogLine>, String>>,
    },
    /// Every figure of its past.
    Graphs(ContainerId),
    /// How the launch of a container went.
    Launch(ContainerId),
    /// How a launch went that failed.
    FailedLaunch(FailedLaunch),
}

/// A launch that failed: nothing of it is left but this.
#[derive(Debug, Clone, PartialEq)]
pub struct FailedLaunch {
    /// When it failed.
    pub at: Timestamp,
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
            Self::Death { id, .. } | Self::Graphs(id) | Self::Launch(id) => Some(id),
            Self::FailedLaunch(_) => None,
        }
    }
}

impl Model {
    /// The launch that failed a moment ago; it is forgotten with that.
    pub fn take_failed_launch(&mut self) -> Option<FailedLaunch> {
        let now = self.now;
        self.failed_launch
            .take()
            .filter(|failed| now.duration_since(failed.at) < FAILURE_KEPT)
    }

    /// Those that lived when `before` was read and have ended since in a way nobody asked for.
    #[must_use]
    pub fn died_since(&self, before: &[Record]) -> Vec<&Record> {
        let lived = |id: &ContainerId| {
            before
                .iter()
                .any(|record| record.spec.id == *id && record.state.status.is_alive())
        };
        let died = |record: &&Record| matches!(&record.state.status, Status::Stopped { cause, .. } if is_unexpected(cause));
        let asked = |id: &ContainerId| self.pending_for(id).is_some();
        self.records
            .iter()
            .filter(died)
            .filter(|record| lived(&record.spec.id) && !asked(&record.spec.id))
            .collect()
    }
}
