//! [`Rows`]: many records read one after the other, for a list: each file in three system calls, relative to the folder, and without the
//! steps of the last launch, which no list shows.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use jiff::Timestamp;
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Health, Process, Record, Status, Store, StoreError};
use crate::spec::{ContainerId, ContainerSpec};

/// More than a record's file has, as a rule, in bytes.
const USUAL: usize = 16 << 10;

/// [`super::State`] without the steps.
#[derive(Deserialize)]
struct Brief {
    status: Status,
    created_at: Timestamp,
    #[serde(default)]
    restarts: u32,
    #[serde(default)]
    image_root: Option<PathBuf>,
    #[serde(default)]
    health: Option<Health>,
    #[serde(default)]
    restart_at: Option<Timestamp>,
    #[serde(default)]
    supervisor: Option<Process>,
    #[serde(default)]
    skipped: Vec<String>,
}

/// The folder of records, open.
#[derive(Debug)]
pub struct Rows {
    path: PathBuf,
    folder: OwnedFd,
    text: Vec<u8>,
}

impl Store {
    /// Opens the folder of records.
    ///
    /// # Errors
    /// What open(2) says.
    pub fn rows(&self) -> Result<Rows, StoreError> {
        let path = self.containers();
        let folder = File::open(&path).map_err(StoreError::of("open", &path))?.into();
        Ok(Rows { path, folder, text: vec![0; USUAL] })
    }
}

impl Rows {
    /// As [`Store::load`], without [`Record::launch`]: not to be saved.
    ///
    /// # Errors
    /// As [`Store::load`].
    pub fn load(&mut self, id: &ContainerId) -> Result<Record, StoreError> {
        let spec: ContainerSpec = self.read(id, "spec.json")?;
        if spec.id != *id || spec.argv.is_empty() {
            // `Store::load` says it better
            let source = io::Error::other("it is not the spec of this container");
            return Err(StoreError { op: "use", path: self.path.join(id.as_str()), source });
        }
        let state: Brief = self.read(id, "state.json")?;
        Ok(Record {
            spec,
            status: state.status,
            created_at: state.created_at,
            restarts: state.restarts,
            image_root: state.image_root,
            health: state.health,
            restart_at: state.restart_at,
            supervisor: state.supervisor,
            launch: Vec::new(),
            skipped: state.skipped,
        })
    }

    fn read<T: DeserializeOwned>(&mut self, id: &ContainerId, file: &str) -> Result<T, StoreError> {
        let name = format!("{id}/{file}");
        let failed = |op: &'static str, source: io::Error| StoreError { op, path: self.path.join(&name), source };
        let opened = openat(&self.folder, name.as_str(), OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty());
        let mut opened = File::from(opened.map_err(|errno| failed("read", errno.into()))?);
        let mut length = 0;
        loop {
            let read = opened.read(&mut self.text[length..]).map_err(|error| failed("read", error))?;
            length += read;
            // a regular file gives all that it has
            if length < self.text.len() {
                break;
            }
            self.text.resize(2 * length, 0);
        }
        serde_json::from_slice(&self.text[..length]).map_err(|error| failed("understand", error.into()))
    }
}
