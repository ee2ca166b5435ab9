//! `rename`: changes a container's name; its id, host name and files stay.

use super::{Error, Manager};
use crate::record::Record;
use crate::spec::{ContainerId, ContainerName};

impl Manager {
    /// Renames a container.
    ///
    /// # Errors
    /// When the name is invalid or in use.
    pub fn rename(&self, id: &ContainerId, name: &str) -> Result<(), Error> {
        self.rename_from(id, None, name)
    }

    /// Renames a container that is still called `left` to `back`.
    ///
    /// # Errors
    /// As [`Manager::rename`], and when it has another name.
    pub fn restore_name(&self, id: &ContainerId, left: &str, back: &str) -> Result<(), Error> {
        self.rename_from(id, Some(left), back)
    }

    fn rename_from(&self, id: &ContainerId, left: Option<&str>, name: &str) -> Result<(), Error> {
        let name = ContainerName::new(name)?;
        // an update replaces the same file. Lock order: container, then names, as in destroy
        let _lock = self.store().lock(id)?;
        let mut record = self.load_whole(id, "rename")?;
        if let Some(left) = left {
            check_name(&record, left)?;
        }
        let names = self.store().lock_names()?;
        self.check_free(&name, Some(id))?;
        let former = std::mem::replace(&mut record.spec.name, name);
        self.store().enter_name(&record.spec, &names)?;
        self.store().save_spec(&record.spec)?;
        drop(names);
        self.store().free_name(id, &former)?;
        let detail = Some(format!("was {former}"));
        self.store()
            .append_event_with(&record.spec, "renamed", None, detail);
        Ok(())
    }

    /// Checks that no other container has this name or id. Call with the names locked.
    pub(super) fn check_free(
        &self,
        name: &ContainerName,
        except: Option<&ContainerId>,
    ) -> Result<(), Error> {
        let store = self.store();
        let is_other = |id: &ContainerId| Some(id) != except;
        let an_id =
            ContainerId::new(name.as_str()).is_ok_and(|id| is_other(&id) && store.is_listed(&id));
        let a_name = || -> Result<bool, Error> {
            match store.named(name)? {
                Some(id) if store.has_name(&id, name) => Ok(is_other(&id)),
                // the index entry is stale: check the records
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

/// Checks that the container is still called `left`.
///
/// # Errors
/// [`Error::NotUndone`] when it has another name.
pub(crate) fn check_name(record: &Record, left: &str) -> Result<(), Error> {
    let name = record.spec.name.as_str();
    if name == left {
        return Ok(());
    }
    Err(Error::NotUndone(format!(
        "it was renamed meanwhile to {name}"
    )))
}
