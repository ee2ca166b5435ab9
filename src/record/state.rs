//! [`State`]: the changing part of a record, `state.json`.

use std::fmt;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Health, HealthReport, LaunchStep, Process, Status};

/// A security module of the host that was not applied to a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unapplied {
    /// What was requested.
    pub what: String,
    /// Why it was not applied.
    pub why: String,
}

impl fmt::Display for Unapplied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, which this host has: {}", self.what, self.why)
    }
}

/// The changing part of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The lifecycle status.
    pub status: Status,
    /// When it was created.
    pub created_at: Timestamp,
    /// How often its restart policy started it again.
    #[serde(default)]
    pub restarts: u32,
    /// The root folder of the image it was last started from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_root: Option<PathBuf>,
    /// The result of its health check, while it runs and has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// What that rests on; it stays after the container's end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_report: Option<HealthReport>,
    /// When its supervisor restarts it, while it waits for that.
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
    pub unconfined: Option<Unapplied>,
}

impl State {
    /// Whether its restart policy starts it again, and it waits for that.
    #[must_use]
    pub fn is_restarting(&self) -> bool {
        matches!(self.status, Status::Stopped { .. }) && self.restart_at.is_some()
    }

    /// The state of a container that was never started.
    #[must_use]
    pub fn created(now: Timestamp) -> Self {
        Self {
            status: Status::Created,
            created_at: now,
            restarts: 0,
            image_root: None,
            health: None,
            health_report: None,
            restart_at: None,
            supervisor: None,
            launch: Vec::new(),
            skipped: Vec::new(),
            unconfined: None,
        }
    }
}
