//! [`Record`]: what we know of one container.

use jiff::Timestamp;

use super::{Process, Status};
use crate::spec::ContainerSpec;

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
    /// When its supervisor starts it again, while it is stopped and waits for that.
    pub restart_at: Option<Timestamp>,
    /// The supervisor that watches it, while there is one.
    pub supervisor: Option<Process>,
}
