//! `rename`: another name for a container; its id, host name and files stay.

use super::{Error, Manager};
use crate::spec::{ContainerId, ContainerName};

impl Manager {
    /// Gives it another name.
    ///
    /// # Errors
    /// When the name is not one, or is in use.
    pub fn rename(&self, id: &ContainerId, name: &str) -> Result<(), Error> {
        let name = ContainerName::new(name)?;
        let _names = self.store().lock_names()?;
        // an update replaces the same file
        let _lock = self.store().lock(id)?;
        let mut record = self.load_whole(id, "rename")?;
        self.check_free(&name, Some(id))?;
        record.spec.name = name;
        self.store().save_spec(&record.spec)?;
        self.store().tell(&record.spec, "renamed", None);
        Ok(())
    }

    /// Whether no other container has this name, or this id.
    pub(super) fn check_free(&self, name: &ContainerName, but: Option<&ContainerId>) -> Result<(), Error> {
        let taken = |id: &ContainerId, other: &ContainerName| Some(id) != but && (other == name || id.as_str() == name.as_str());
        match self.records()?.iter().any(|r| taken(&r.spec.id, &r.spec.name)) {
            true => Err(Error::NameInUse(name.to_string())),
            false => Ok(()),
        }
    }
}
