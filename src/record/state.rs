//! [`State`]: the changing part of a record, `state.json`.

use std::fmt;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{LaunchStep, Process, Status};

/// What the health check last said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// It has not said anything yet.
    Starting,
    /// Its last run succeeded.
    Healthy,
    /// It failed as often in a row as its retries say.
    Unhealthy,
}

impl Health {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// A security module that the host has and a container was started without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unapplied {
    /// What it was to have.
    pub what: String,
    /// What kept it from that.
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
    pub unconfined: Option<Unapplied>,
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
}
