//! The index of names: links in the state folder, each named like a container with its id as the
//! target, so that finding a container reads one record instead of all.
//!
//! It is a cache: the name is compared with the record that a link leads to. A link is made before
//! its container is listed (or renamed) and removed afterwards, always under the names lock: a
//! crash leaves one too many, never one too few. The folder carries the boot id: it is rebuilt at
//! each boot.

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

/// The part of a spec that is indexed.
#[derive(Deserialize)]
struct Named {
    name: ContainerName,
}

/// The part of a spec with its categories.
#[derive(Deserialize)]
struct Labelled {
    #[serde(default)]
    categories: Option<Categories>,
}

impl Store {
    fn index(&self) -> PathBuf {
        self.folder().join(format!("{PREFIX}{}", boot_id()))
    }

    /// Builds the index if there is none of this boot.
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
        // filled before it gets its name: nobody sees half an index
        let made = self.folder().join(format!("{PREFIX}new"));
        make_folder(&made)?;
        for (id, name) in self.names()? {
            link(&made, &name, &id)?;
        }
        fs::rename(&made, &index).map_err(StoreError::of("rename", &made))?;
        drop(names);
        Ok(())
    }

    /// The container indexed under a name; the caller verifies it with [`Store::has_name`].
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

    /// Whether `id` has this name now; `true` when its spec cannot be read.
    #[must_use]
    pub fn has_name(&self, id: &ContainerId, name: &ContainerName) -> bool {
        match self.name_of(id) {
            Ok(own) => own == *name,
            Err(error) => error.source.kind() != ErrorKind::NotFound,
        }
    }

    /// Whether a container with this id is listed.
    #[must_use]
    pub fn is_listed(&self, id: &ContainerId) -> bool {
        self.container(id).exists()
    }

    fn name_of(&self, id: &ContainerId) -> Result<ContainerName, StoreError> {
        json_file::read::<Named>(&self.container(id).join("spec.json")).map(|spec| spec.name)
    }

    /// All listed containers with their names, from the records; an unreadable one is named by its
    /// id.
    ///
    /// # Errors
    /// When the list cannot be read.
    pub fn names(&self) -> Result<Vec<(ContainerId, ContainerName)>, StoreError> {
        let named = |id: ContainerId| match self.name_of(&id) {
            Ok(name) => Some((id, name)),
            // destroyed meanwhile
            Err(error) if error.source.kind() == ErrorKind::NotFound => None,
            Err(_) => ContainerName::new(id.as_str()).ok().map(|name| (id, name)),
        };
        Ok(self.ids()?.into_iter().filter_map(named).collect())
    }

    /// The SELinux categories in use, including the trash. Unreadable records are left out: the
    /// chance of a collision is 1 in half a million.
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

    /// Adds the name of `spec` to the index, before the record has it.
    ///
    /// # Errors
    /// When the link cannot be made.
    pub fn enter_name(&self, spec: &ContainerSpec, _names: &Lock) -> Result<(), StoreError> {
        link(&self.index(), &spec.name, &spec.id)
    }

    /// Removes a former name of `id` from the index, after it was destroyed or renamed. May take
    /// [`Store::lock_names`]: do not call with it held.
    ///
    /// # Errors
    /// When the link cannot be removed; a dangling link is harmless.
    pub fn free_name(&self, id: &ContainerId, name: &ContainerName) -> Result<(), StoreError> {
        if self.named(name)?.as_ref() != Some(id) {
            return Ok(());
        }
        let _names = self.lock_names()?;
        // the name may have been taken, or the container restored, meanwhile
        if self.named(name)?.as_ref() == Some(id) && !self.has_name(id, name) {
            let path = self.index().join(name.as_str());
            fs::remove_file(&path).map_err(StoreError::of("remove", &path))?;
        }
        Ok(())
    }
}

/// Creates or replaces the link. A container named by its id needs none.
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
