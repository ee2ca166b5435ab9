//! [`Card`]: an overlay about one container: why it died, or its launch.

use jiff::{SignedDuration, Timestamp};

use super::{LogLine, Model};
use crate::record::{LaunchStep, Record, Status};
use crate::spec::ContainerId;
use crate::tui::wording::is_unexpected;

/// How long the launch key shows a failed launch while the same container is selected.
const JUST_FAILED: SignedDuration = SignedDuration::from_secs(30);

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
    /// The container that was selected then.
    pub beside: Option<ContainerId>,
    /// The name of the container.
    pub name: String,
    /// The step that failed, with the kernel's error.
    pub message: String,
    /// The steps that were done before.
    pub steps: Vec<LaunchStep>,
}

/// A container that dies again and again, and the one message about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrashLoop {
    /// How often it had been restarted when it died first.
    pub restarts: u32,
    /// The message.
    pub toast: u64,
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
    /// Takes the failed launch that the launch key shows: one that failed just now, and the
    /// selection has not moved since; or the last one where nothing is selected.
    pub fn take_failed_launch(&mut self) -> Option<FailedLaunch> {
        let (now, selected) = (self.now, self.selected().map(|record| &record.spec.id));
        let meant = self.failed_launch.as_ref().is_some_and(|failed| {
            let just = now.duration_since(failed.at) < JUST_FAILED;
            selected.is_none() || (just && failed.beside.as_ref() == selected)
        });
        self.failed_launch.take_if(|_| meant)
    }

    /// The containers that were alive in `before` and have died unexpectedly since.
    #[must_use]
    pub fn died_since(&self, before: &[Record]) -> Vec<&Record> {
        // what died between two looks was restarted meanwhile
        let lived = |now: &Record| {
            before.iter().any(|then| {
                let again = then.state.restarts < now.state.restarts;
                then.spec.id == now.spec.id && (again || then.state.status.is_alive())
            })
        };
        let died = |record: &&Record| matches!(&record.state.status, Status::Stopped { cause, .. } if is_unexpected(cause));
        let asked = |id: &ContainerId| self.pending_for(id).is_some();
        self.records
            .iter()
            .filter(died)
            .filter(|record| lived(record) && !asked(&record.spec.id))
            .collect()
    }
}
