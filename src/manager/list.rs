//! `list`, and finding a container by id, name or id prefix.

use jiff::Timestamp;

use super::lookup::find_id;
use super::{Error, Manager};
use crate::record::{Record, State, Status, StoreError, Supervising};
use crate::spec::{ContainerId, ContainerName, ContainerSpec, Preset, preview};

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        if let Some(id) = error.destroyed() {
            return Self::Destroyed(id);
        }
        let hint = match error.source.kind() {
            std::io::ErrorKind::StorageFull => Some("free some space".to_owned()),
            std::io::ErrorKind::ReadOnlyFilesystem => {
                Some("choose another folder with --state".to_owned())
            }
            _ => None,
        };
        Self::System {
            message: error.to_string(),
            hint,
        }
    }
}

impl Manager {
    /// All containers by creation time, with their current status.
    ///
    /// # Errors
    /// When the state folder cannot be read.
    pub fn records(&self) -> Result<Vec<Record>, Error> {
        let mut records = Vec::new();
        let seen = self.store().supervising();
        for id in self.store().ids()? {
            records.extend(self.look_up_among(&id, &seen)?);
        }
        records.sort_by(|a, b| {
            (a.state.created_at, &a.spec.id).cmp(&(b.state.created_at, &b.spec.id))
        });
        Ok(records)
    }

    /// The container with this id, name or unique id prefix.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::Ambiguous`].
    pub fn find(&self, word: &str) -> Result<Record, Error> {
        let unknown = || Error::Unknown(word.to_owned());
        if let Some(record) = self.find_exactly(word)? {
            return Ok(record);
        }
        // an id prefix, a mistake, or a name that the index lacks
        let all = self.store().names()?;
        let id = find_id(word, all.iter().map(|(id, name)| (id, name)))?;
        self.look_up(&id)?.ok_or_else(unknown)
    }

    /// The container with exactly this id, or this name by the index, without reading other records.
    fn find_exactly(&self, word: &str) -> Result<Option<Record>, Error> {
        let (Ok(id), Ok(name)) = (ContainerId::new(word), ContainerName::new(word)) else {
            return Ok(None);
        };
        if self.store().is_listed(&id) {
            return self.look_up(&id);
        }
        let Some(id) = self.store().named(&name)? else {
            return Ok(None);
        };
        let found = self.look_up(&id)?;
        // the index may be stale; the name of a broken record cannot be checked
        Ok(found.filter(|record| {
            record.spec.name == name || matches!(record.state.status, Status::Broken { .. })
        }))
    }

    /// One record with its current status.
    pub(super) fn load(&self, id: &ContainerId) -> Result<Record, Error> {
        self.look_up(id)?
            .ok_or_else(|| Error::Unknown(id.to_string()))
    }

    /// As [`Manager::load`], for a verb that rewrites the record: one that cannot be read must not
    /// be overwritten.
    pub(super) fn load_whole(&self, id: &ContainerId, verb: &'static str) -> Result<Record, Error> {
        let record = self.load(id)?;
        match record.state.status {
            Status::Broken { .. } => Err(Error::wrong_state(
                &record,
                verb,
                "one whose record can be read",
            )),
            _ => Ok(record),
        }
    }

    /// One record with its current status, BROKEN when it cannot be read; `None` when there is no
    /// such container.
    fn look_up(&self, id: &ContainerId) -> Result<Option<Record>, Error> {
        self.look_up_among(id, &Supervising::default())
    }

    fn look_up_among(&self, id: &ContainerId, seen: &Supervising) -> Result<Option<Record>, Error> {
        let error = match self.store().load(id) {
            Ok(record) if self.is_abandoned(&record) => return self.without_abandoned(record),
            Ok(record) => return self.reconciled_among(record, seen).map(Some),
            Err(error) => error,
        };
        // try again: it may have been destroyed or replaced between the reads
        match self.store().load(id) {
            Ok(record) => self.reconciled_among(record, seen).map(Some),
            Err(_) if !self.store().container(id).exists() => Ok(None),
            Err(_) => Ok(Some(self.broken(id, &error)?)),
        }
    }

    /// The record of a container whose record cannot be read.
    fn broken(&self, id: &ContainerId, error: &StoreError) -> Result<Record, Error> {
        let unreadable = || {
            let request = Preset {
                command: Some(vec!["?".into()]),
                ..Preset::default()
            };
            preview(id.clone(), Some(id.as_str()), &request).map(|spec| ContainerSpec {
                image: "?".into(),
                ..spec
            })
        };
        let spec = self.store().load_spec(id).or_else(|_| unreadable())?;
        let made = std::fs::metadata(self.store().container(id))
            .and_then(|about| about.modified())
            .ok();
        Ok(Record {
            spec,
            state: State {
                status: Status::Broken {
                    reason: error.to_string(),
                },
                ..State::created(
                    made.and_then(|at| Timestamp::try_from(at).ok())
                        .unwrap_or_default(),
                )
            },
        })
    }
}
