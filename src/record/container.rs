//! [`Record`]: what we know of one container.

use std::fmt;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{LaunchStep, Process, Status};
use crate::spec::ContainerSpec;

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
pub struct Lacking {
    /// What it was to have.
    pub what: String,
    /// What kept it from that.
    pub why: String,
}

impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, which this host has: {}", self.what, self.why)
    }
}

/// One container as the list, the screen and the verbs see it: its spec and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What to run; never changes after creation.
    pub spec: ContainerSpec,
    /// Where it stands.
    pub status: Status,
    /// When it was created.
    pub created_at: Timestamp,
    /// How often it was started again after the first start.
    pub restarts: u32,
    /// The root folder of the image it was last started from.
    pub image_root: Option<PathBuf>,
    /// What its health check last said, while it runs and has one.
    pub health: Option<Health>,
    /// When its supervisor starts it again, while it is stopped and waits for that.
    pub restart_at: Option<Timestamp>,
    /// The supervisor that watches it, while there is one.
    pub supervisor: Option<Process>,
    /// The steps of its last launch, as far as it came.
    pub launch: Vec<LaunchStep>,
    /// The limits that it was last started without (`--best-effort`), one sentence each.
    pub skipped: Vec<String>,
    /// What of this host's security module it was last started without.
    pub unconfined: Option<Lacking>,
}

impl Record {
    /// What it was last started without, one sentence each: limits that it was to have, and the
    /// host's security module.
    #[must_use]
    pub fn without(&self) -> Vec<String> {
        self.skipped
            .iter()
            .cloned()
            .chain(self.unconfined.iter().map(Lacking::to_string))
            .collect()
    }
}
