//! The append-only stream of what happened: `events.jsonl` in the state folder, one JSON object a line.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ExitCause, StoreError};
use crate::spec::{ContainerId, ContainerName};

/// One thing that happened to a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happening {
    /// When.
    pub at: Timestamp,
    /// To which container.
    pub id: ContainerId,
    /// Its name at that time.
    pub name: ContainerName,
    /// What: `created`, `started`, `died`, `destroyed`.
    pub event: String,
    /// Why it ended, for `died`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<ExitCause>,
}

/// Appends one line. A line is one write(2) to an O_APPEND file, so that writers never mix.
pub(super) fn append(path: &Path, happening: &Happening) -> Result<(), StoreError> {
    let mut line = serde_json::to_vec(happening).map_err(|e| StoreError { op: "encode", path: path.to_owned(), source: e.into() })?;
    line.push(b'\n');
    let open = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    open.and_then(|mut file| file.write_all(&line)).map_err(StoreError::of("append to", path))
}
