//! [`State`]: the changing part of a record, `state.json`.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Health, Lacking, LaunchStep, Process, Record, Status};
use crate::spec::ContainerSpec;

/// The changing part of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Where the container stands.
    pub status: Status,
    /// When it was created.
    pub created_at: Timestamp,
    /// How often it was started again after the first start.
    #[serde(default)]
    pub restarts: u32,
    /// The root folder of the image it was last started from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_root: Option<PathBuf>,
    /// What its health check last said, while it runs and has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// When its supervisor starts it again, while it is stopped and waits for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart_at: Option<Timestamp>,
    /// Its supervisor, while it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervisor: Option<Process>,
    /// The steps of its last launch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub launch: Vec<LaunchStep>,
    /// The limits that it was last started without (`--best-effort`), one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<String>,
    /// What of this host's security module it was last started without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unconfined: Option<Lacking>,
}

impl State {
    /// The state of a container that was never started.
    #[must_use]
    pub fn created(now: Timestamp) -> Self {
        Self {
            status: Status::Created,
            created_at: now,
            restarts: 0,
            image_root: None,
            health: None,
            restart_at: None,
            supervisor: None,
            launch: Vec::new(),
            skipped: Vec::new(),
            unconfined: None,
        }
    }

    /// The whole record of the container that is to run `spec`.
    pub(super) fn of(self, spec: ContainerSpec) -> Record {
        Record {
            spec,
            status: self.status,
            created_at: self.created_at,
            restarts: self.restarts,
            image_root: self.image_root,
            health: self.health,
            restart_at: self.restart_at,
            supervisor: self.supervisor,
            launch: self.launch,
            skipped: self.skipped,
            unconfined: self.unconfined,
        }
    }
}
