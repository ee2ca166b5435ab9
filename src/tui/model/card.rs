//! [`Card`]: an overlay about one container: why it died, or its launch.

use jiff::{SignedDuration, Timestamp};

use super::{LogLine, Model};
use crate::record::{LaunchStep, Record, Status};
use crate::spec::ContainerId;
use crate::tui::wording::is_unexpected;

/// How long the launch key shows a failed launch instead of the selected container's.
const FAILURE_KEPT: SignedDuration = SignedDuration::from_mins(2);

/// What a card shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Card {
    /// Why it died.
    Death {
        /// The container.
        id: ContainerId,
        /// Its last lines; `None` until they are read.
        log_tail: Option<Result<Vec<LogLine>, String>>,
    },
    /// The steps of a container's launch.
    Launch(ContainerId),
    /// The steps of a failed launch.
    FailedLaunch(FailedLaunch),
}

/// A launch that failed. No record of it is kept on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct FailedLaunch {
    /// When it failed.
    pub at: Timestamp,
    /// The name of the container.
    pub name: String,
    /// The step that failed, with the kernel's error.
    pub message: String,
    /// The steps that were done before.
    pub steps: Vec<LaunchStep>,
}

impl Card {
    /// The container of the card, if it has a record.
    #[must_use]
    pub fn id(&self) -> Option<&ContainerId> {
        match self {
            Self::Death { id, .. } | Self::Launch(id) => Some(id),
            Self::FailedLaunch(_) => None,
        }
    }
}

impl Model {
    /// Takes the launch that failed recently.
    pub fn take_failed_launch(&mut self) -> Option<FailedLaunch> {
        let now = self.now;
        self.failed_launch
            .take()
            .filter(|failed| now.duration_since(failed.at) < FAILURE_KEPT)
    }

    /// The containers that were alive in `before` and have died unexpectedly since.
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
