//! `list` and finding a container by what the user calls it.

use jiff::Timestamp;

use super::lookup::find_id;
use super::{Error, Manager};
use crate::record::{Record, State, Status, StoreError, Supervising};
use crate::spec::{ContainerId, ContainerName, ContainerSpec, Preset, resolve};

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
    /// Every container, by creation time, each with its status as it is now.
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

    /// The container that `word` means: its id, its name, or a unique beginning of its id.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::Ambiguous`].
    pub fn find(&self, word: &str) -> Result<Record, Error> {
        let unknown = || Error::Unknown(word.to_owned());
        if let Some(record) = self.find_exactly(word)? {
            return Ok(record);
        }
        // the beginning of an id, a mistake, or a name that the index lacks
        let all = self.store().names()?;
        let id = find_id(word, all.iter().map(|(id, name)| (id, name)))?;
        self.look_up(&id)?.ok_or_else(unknown)
    }

    /// The container of exactly this id, or of exactly this name by the index: no other record is
    /// read.
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
        // the index is derived, never believed; of a broken record nobody knows whether it has the
        // name
        Ok(found.filter(|record| {
            record.spec.name == name || matches!(record.state.status, Status::Broken { .. })
        }))
    }

    /// One record with its status as it is now.
    pub(super) fn load(&self, id: &ContainerId) -> Result<Record, Error> {
        self.look_up(id)?
            .ok_or_else(|| Error::Unknown(id.to_string()))
    }

    /// As [`Manager::load`], for a verb that writes the record anew: one that cannot be read must
    /// not be written over.
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

    /// One record with its status as it is now, BROKEN when it cannot be read; `None` when there is
    /// no such container.
    fn look_up(&self, id: &ContainerId) -> Result<Option<Record>, Error> {
        self.look_up_among(id, &Supervising::default())
    }

    fn look_up_among(&self, id: &ContainerId, seen: &Supervising) -> Result<Option<Record>, Error> {
        let error = match self.store().load(id) {
            Ok(record) if self.is_abandoned(&record) => return self.without_abandoned(record),
            Ok(record) => return self.reconciled_among(record, seen).map(Some),
            Err(error) => error,
        };
        // twice: it may have been destroyed, or be written in place, between one look and the next
        match self.store().load(id) {
            Ok(record) => self.reconciled_among(record, seen).map(Some),
            Err(_) if !self.store().container(id).exists() => Ok(None),
            Err(_) => Ok(Some(self.broken(id, &error)?)),
        }
    }

    /// What can be said of a container whose record cannot be read.
    fn broken(&self, id: &ContainerId, error: &StoreError) -> Result<Record, Error> {
        let unreadable = || {
            let request = Preset {
                command: Some(vec!["?".into()]),
                ..Preset::default()
            };
            resolve(id.clone(), Some(id.as_str()), &request, false, false).map(|spec| {
                ContainerSpec {
                    image: "?".into(),
                    ..spec
                }
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
