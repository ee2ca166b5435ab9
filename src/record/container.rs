//! [`Record`]: what we know of one container.

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
    /// What this host's security module has and it was last started without, and why: the end of a sentence.
    pub unconfined: Option<String>,
}

impl Record {
    /// What it was last started without, one sentence each: limits that it was to have, and the host's security module.
    pub fn without(&self) -> impl Iterator<Item = &str> {
        self.skipped.iter().chain(&self.unconfined).map(String::as_str)
    }
}
