//! The append-only event log: `events.jsonl` in the state folder, one JSON object a line.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::lines::Lines;
use super::{ExitCause, StoreError};
use crate::spec::{ContainerId, ContainerName};
use crate::sys::files::{open_to_append, open_to_read};

/// The size in bytes at which the log is rotated to `events.jsonl.1`.
const ROTATE_AT: u64 = 8 << 20;
/// The maximum length of a line in bytes, far beyond any event.
const MAX_LINE: usize = 256 << 10;

/// One event of a container, as logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedEvent {
    /// When it happened.
    pub at: Timestamp,
    /// Its container.
    pub id: ContainerId,
    /// The container's name at that time.
    pub name: ContainerName,
    /// The kind: `created`, `started`, `died`, `destroyed`.
    pub event: String,
    /// The exit cause, for `died`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<ExitCause>,
    /// Details, such as the limits that changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Appends one line with one write(2) to an O_APPEND file, so that writers do not interleave.
pub(super) fn append(path: &Path, event: &LoggedEvent) -> Result<(), StoreError> {
    let mut line = serde_json::to_vec(event).map_err(|e| StoreError {
        op: "encode",
        path: path.to_owned(),
        source: e.into(),
    })?;
    line.push(b'\n');
    let appended = open_to_append(path).and_then(|mut file| {
        file.write_all(&line)?;
        rotate(path, &file)
    });
    appended.map_err(StoreError::of("append to", path))
}

/// Rotates the log, unless another process just did.
fn rotate(path: &Path, file: &File) -> io::Result<()> {
    let mine = file.metadata()?;
    if mine.len() < ROTATE_AT || std::fs::metadata(path)?.ino() != mine.ino() {
        return Ok(());
    }
    std::fs::rename(path, older(path))
}

fn older(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".1");
    PathBuf::from(name)
}

/// Reads the log from its oldest line on, and follows it as it grows.
#[derive(Debug)]
pub struct EventReader {
    path: PathBuf,
    file: Option<File>,
    next: Option<File>,
    lines: Lines,
}

impl EventReader {
    /// Opens the log at `path`; one that does not exist yet is empty.
    ///
    /// # Errors
    /// The error of open(2), except ENOENT.
    pub fn open(path: &Path) -> io::Result<Self> {
        let (old, new) = (existing(&older(path))?, existing(path)?);
        let (file, next) = if old.is_some() {
            (old, new)
        } else {
            (new, None)
        };
        Ok(Self {
            path: path.to_owned(),
            file,
            next,
            lines: Lines::new(MAX_LINE),
        })
    }

    /// The events not returned before; invalid lines are skipped.
    ///
    /// # Errors
    /// The error of read(2).
    pub fn read(&mut self) -> io::Result<Vec<LoggedEvent>> {
        let mut happenings = Vec::new();
        loop {
            if let Some(file) = &mut self.file {
                while self.lines.fill(file)? {
                    while let Some(line) = self.lines.next() {
                        happenings.extend(serde_json::from_slice::<LoggedEvent>(line).ok());
                    }
                }
            }
            let following = match self.next.take() {
                Some(file) => Some(file),
                None => self.replaced()?,
            };
            match following {
                Some(file) => self.file = Some(file),
                None => return Ok(happenings),
            }
        }
    }

    /// The new log, if it was rotated since.
    fn replaced(&self) -> io::Result<Option<File>> {
        let Some(there) = existing(&self.path)? else {
            return Ok(None);
        };
        let Some(mine) = &self.file else {
            return Ok(Some(there));
        };
        Ok((there.metadata()?.ino() != mine.metadata()?.ino()).then_some(there))
    }
}

fn existing(path: &Path) -> io::Result<Option<File>> {
    match open_to_read(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(event: &str) -> LoggedEvent {
        let id = ContainerId::new("a").unwrap();
        let name = ContainerName::new("web").unwrap();
        LoggedEvent {
            at: Timestamp::UNIX_EPOCH,
            id,
            name,
            event: event.into(),
            cause: None,
            detail: None,
        }
    }

    #[test]
    fn a_reader_follows_a_rotation() {
        let folder = std::env::temp_dir().join(format!("minic-events-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("events.jsonl");
        let mut reader = EventReader::open(&path).unwrap();
        assert!(reader.read().unwrap().is_empty());
        append(&path, &event("created")).unwrap();
        assert_eq!(reader.read().unwrap(), [event("created")]);
        open_to_append(&path)
            .unwrap()
            .write_all(b"nonsense\n{\"at\":")
            .unwrap();
        assert!(
            reader.read().unwrap().is_empty(),
            "an unfinished line waits"
        );
        std::fs::rename(&path, older(&path)).unwrap();
        append(&path, &event("died")).unwrap();
        let seen = reader.read().unwrap();
        assert_eq!(
            seen.last(),
            Some(&event("died")).filter(|_| seen.len() == 1),
            "{seen:?}"
        );
        let fresh = EventReader::open(&path).unwrap().read().unwrap();
        assert_eq!(fresh.first(), Some(&event("created")));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
