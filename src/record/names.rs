//! The index of names: links in the state folder, each named as a container and leading to its id,
//! so that finding one container reads one record and not all of them.
//!
//! It is derived, never believed: whoever follows a link compares the name with the record it leads
//! to. A link is made before its container is in the list (or has the name) and taken away after it
//! left, always with the names' lock held: whoever is killed between leaves a link too many, never
//! one too few. The folder carries this boot's id: after a power cut it is made anew.

use std::collections::HashSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::folders::{make_folder, remove_folder};
use super::json_file;
use super::{Lock, Store, StoreError, boot_id};
use crate::spec::{Categories, ContainerId, ContainerName, ContainerSpec};

const PREFIX: &str = ".names-";

/// What of a spec the index is made of.
#[derive(Deserialize)]
struct Named {
    name: ContainerName,
}

/// What of a spec must not be given to another.
#[derive(Deserialize)]
struct Labelled {
    #[serde(default)]
    categories: Option<Categories>,
}

impl Store {
    fn index(&self) -> PathBuf {
        self.folder().join(format!("{PREFIX}{}", boot_id()))
    }

    /// Makes the index where there is none of this boot.
    pub(super) fn ensure_index(&self) -> Result<(), StoreError> {
        let index = self.index();
        if index.exists() {
            return Ok(());
        }
        let names = self.lock_names()?;
        if index.exists() {
            return Ok(());
        }
        let older = fs::read_dir(self.folder())
            .map_err(StoreError::of("read", self.folder()))?
            .flatten();
        for old in older.filter(|entry| {
            entry
                .file_name()
                .as_encoded_bytes()
                .starts_with(PREFIX.as_bytes())
        }) {
            remove_folder(&old.path())?;
        }
        // filled before it has its name: nobody finds half an index
        let made = self.folder().join(format!("{PREFIX}new"));
        make_folder(&made)?;
        for (id, name) in self.names()? {
            link(&made, &name, &id)?;
        }
        fs::rename(&made, &index).map_err(StoreError::of("rename", &made))?;
        drop(names);
        Ok(())
    }

    /// The container that the index has for a name; the caller looks whether that one has it.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn named(&self, name: &ContainerName) -> Result<Option<ContainerId>, StoreError> {
        let path = self.index().join(name.as_str());
        match fs::read_link(&path) {
            Ok(id) => Ok(id.to_str().and_then(|id| ContainerId::new(id).ok())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::of("read", &path)(error)),
        }
    }

    /// Whether `id` has this name now; one whose spec cannot be read might.
    #[must_use]
    pub fn has_name(&self, id: &ContainerId, name: &ContainerName) -> bool {
        match self.name_of(id) {
            Ok(own) => own == *name,
            Err(error) => error.source.kind() != ErrorKind::NotFound,
        }
    }

    /// Whether a container of this id is in the list.
    #[must_use]
    pub fn is_listed(&self, id: &ContainerId) -> bool {
        self.container(id).exists()
    }

    fn name_of(&self, id: &ContainerId) -> Result<ContainerName, StoreError> {
        json_file::read::<Named>(&self.container(id).join("spec.json")).map(|spec| spec.name)
    }

    /// Every container in the list with its name, read off the records; one that cannot be read
    /// goes by its id.
    ///
    /// # Errors
    /// When the list cannot be read.
    pub fn names(&self) -> Result<Vec<(ContainerId, ContainerName)>, StoreError> {
        let named = |id: ContainerId| match self.name_of(&id) {
            Ok(name) => Some((id, name)),
            // destroyed between the list and the look
            Err(error) if error.source.kind() == ErrorKind::NotFound => None,
            Err(_) => ContainerName::new(id.as_str()).ok().map(|name| (id, name)),
        };
        Ok(self.ids()?.into_iter().filter_map(named).collect())
    }

    /// The SELinux categories that containers have, also those in the trash. One whose record
    /// cannot be read might have any: it is left out, and the chance that another is given the same
    /// is 1 in half a million.
    ///
    /// # Errors
    /// When the list cannot be read.
    pub fn categories(&self) -> Result<HashSet<Categories>, StoreError> {
        let listed = self.ids()?.into_iter().filter_map(|id| {
            json_file::read::<Labelled>(&self.container(&id).join("spec.json")).ok()
        });
        let trashed = self
            .trash()?
            .into_iter()
            .filter_map(|trashed| self.trashed_spec(&trashed).ok()?.categories);
        Ok(listed
            .filter_map(|labelled| labelled.categories)
            .chain(trashed)
            .collect())
    }

    /// Enters the name of `spec`, before its record has it.
    ///
    /// # Errors
    /// When the link cannot be made.
    pub fn enter_name(&self, spec: &ContainerSpec, _names: &Lock) -> Result<(), StoreError> {
        link(&self.index(), &spec.name, &spec.id)
    }

    /// Takes a name out that `id` had, after it left the list or was given another. Waits for
    /// [`Store::lock_names`] when there is something to take out: not to be called with it held.
    ///
    /// # Errors
    /// When the link cannot be removed; it leads nowhere then, which harms nobody.
    pub fn free_name(&self, id: &ContainerId, name: &ContainerName) -> Result<(), StoreError> {
        if self.named(name)?.as_ref() != Some(id) {
            return Ok(());
        }
        let _names = self.lock_names()?;
        // somebody may have taken the name, or brought the container back, meanwhile
        if self.named(name)?.as_ref() == Some(id) && !self.has_name(id, name) {
            let path = self.index().join(name.as_str());
            fs::remove_file(&path).map_err(StoreError::of("remove", &path))?;
        }
        Ok(())
    }
}

/// Makes the link, or turns it where there is one. A container that goes by its id is found
/// without.
fn link(index: &Path, name: &ContainerName, id: &ContainerId) -> Result<(), StoreError> {
    if name.as_str() == id.as_str() {
        return Ok(());
    }
    let path = index.join(name.as_str());
    let made = match symlink(id.as_str(), &path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => replace(index, id, &path),
        other => other,
    };
    made.map_err(StoreError::of("link", &path))
}

fn replace(index: &Path, id: &ContainerId, path: &Path) -> io::Result<()> {
    let aside = index.join(format!(".{id}"));
    match fs::remove_file(&aside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    symlink(id.as_str(), &aside)?;
    fs::rename(aside, path)
}
