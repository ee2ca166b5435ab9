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
        // an update replaces the same file. Before the lock of names, as whoever destroys it has
        // them
        let _lock = self.store().lock(id)?;
        let mut record = self.load_whole(id, "rename")?;
        let names = self.store().lock_names()?;
        self.check_free(&name, Some(id))?;
        let former = std::mem::replace(&mut record.spec.name, name);
        self.store().enter_name(&record.spec, &names)?;
        self.store().save_spec(&record.spec)?;
        drop(names);
        self.store().free_name(id, &former)?;
        self.store().append_event(&record.spec, "renamed", None);
        Ok(())
    }

    /// Whether no other container has this name, or this id. Under the lock of names.
    pub(super) fn check_free(
        &self,
        name: &ContainerName,
        but: Option<&ContainerId>,
    ) -> Result<(), Error> {
        let store = self.store();
        let is_other = |id: &ContainerId| Some(id) != but;
        let an_id =
            ContainerId::new(name.as_str()).is_ok_and(|id| is_other(&id) && store.is_listed(&id));
        let a_name = || -> Result<bool, Error> {
            match store.named(name)? {
                Some(id) if store.has_name(&id, name) => Ok(is_other(&id)),
                // left over by who was killed, or a lie: the records know
                Some(_) => Ok(store
                    .names()?
                    .iter()
                    .any(|(id, other)| is_other(id) && other == name)),
                None => Ok(false),
            }
        };
        if an_id || a_name()? {
            Err(Error::NameInUse(name.to_string()))
        } else {
            Ok(())
        }
    }
}
