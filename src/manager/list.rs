//! `list` and finding a container by what the user calls it.

use super::{Error, Manager};
use crate::record::{Record, StoreError};
use crate::spec::{ContainerId, ContainerName, IdLookup, lookup};

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let hint = match error.source.kind() {
            std::io::ErrorKind::StorageFull => Some("free some space".to_owned()),
            std::io::ErrorKind::ReadOnlyFilesystem => Some("choose another folder with --state".to_owned()),
            _ => None,
        };
        Self::System { message: error.to_string(), hint }
    }
}

impl Manager {
    /// Every container, by creation time, each with its status as it is now.
    ///
    /// # Errors
    /// When the state folder cannot be read.
    pub fn records(&self) -> Result<Vec<Record>, Error> {
        let mut records = Vec::new();
        for id in self.store().ids()? {
            match self.store().load(&id) {
                Ok(record) => records.push(self.reconciled(record)?),
                // destroyed between the list and the look
                Err(error) if error.source.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        records.sort_by(|a, b| (a.created_at, &a.spec.id).cmp(&(b.created_at, &b.spec.id)));
        Ok(records)
    }

    /// The container that `word` means: its id, its name, or a unique beginning of its id.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::Ambiguous`].
    pub fn find(&self, word: &str) -> Result<Record, Error> {
        let unknown = || Error::Unknown(word.to_owned());
        let id = match self.find_exactly(word)? {
            Some(id) => id,
            // the beginning of an id, a mistake, or a name that the index lacks
            None => {
                let all = self.store().names()?;
                match lookup(word, all.iter().map(|(id, name)| (id, name))) {
                    IdLookup::Found(id) => id,
                    IdLookup::Unknown => return Err(unknown()),
                    IdLookup::Ambiguous(ids) => return Err(Error::Ambiguous { word: word.to_owned(), count: ids.len() }),
                }
            }
        };
        self.load(&id).map_err(|error| if matches!(error, Error::Unknown(_)) { unknown() } else { error })
    }

    /// The container of exactly this id, or of exactly this name by the index: no other record is read.
    fn find_exactly(&self, word: &str) -> Result<Option<ContainerId>, Error> {
        let (Ok(id), Ok(name)) = (ContainerId::new(word), ContainerName::new(word)) else { return Ok(None) };
        if self.store().is_listed(&id) {
            return Ok(Some(id));
        }
        Ok(self.store().named(&name)?.filter(|id| self.store().has_name(id, &name)))
    }

    /// One record with its status as it is now.
    pub(super) fn load(&self, id: &ContainerId) -> Result<Record, Error> {
        match self.store().load(id) {
            Ok(record) => self.reconciled(record),
            Err(error) if error.source.kind() == std::io::ErrorKind::NotFound => Err(Error::Unknown(id.to_string())),
            Err(error) => Err(error.into()),
        }
    }
}
