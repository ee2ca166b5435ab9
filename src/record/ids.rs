//! The index of user ids: one link for each range of host ids in use, named `FIRST-COUNT` with the
//! container's id as its target, so that allocating a range reads one folder instead of every
//! record. A container that shares another's range has a link `FIRST-COUNT.ID`: the range is in use
//! until both are gone.
//!
//! A link is made before its container is listed and removed after it was deleted, always under the
//! names lock: a crash leaves one too many, never one too few. Like the index of names, the folder
//! carries the boot id and is rebuilt from the records at each boot.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::folders::make_folder;
use super::json_file;
use super::{Lock, Store, StoreError, boot_id};
use crate::spec::{ContainerId, ContainerSpec, IdPool, IdRange};

const PREFIX: &str = ".ids-";

/// The part of a spec with its user ids.
#[derive(Deserialize)]
struct Users {
    #[serde(default)]
    ids: Option<IdRange>,
}

impl Store {
    fn ids_index(&self) -> PathBuf {
        self.folder().join(format!("{PREFIX}{}", boot_id()))
    }

    /// Allocates to `id` a range of `pool` that no container has, including those in the trash;
    /// `None` when none is left. They are tried from number `from` on: a random one is unlikely to
    /// have been used before, or by another state folder.
    ///
    /// # Errors
    /// When a container's ids cannot be determined, or the index cannot be written.
    pub fn give_ids(
        &self,
        id: &ContainerId,
        pool: IdPool,
        from: u32,
        _names: &Lock,
    ) -> Result<Option<IdRange>, StoreError> {
        let index = self.ids_made(pool.size)?;
        let mut free = pool.free(&self.taken(&index)?, from);
        if free.is_none() {
            self.drop_stale_ids(&index)?;
            free = pool.free(&self.taken(&index)?, from);
        }
        if let Some(range) = free {
            enter(&index, id, range)?;
        }
        Ok(free)
    }

    /// Records that `id` shares the range of another container.
    ///
    /// # Errors
    /// As [`Store::give_ids`].
    pub fn share_ids(
        &self,
        id: &ContainerId,
        range: IdRange,
        _names: &Lock,
    ) -> Result<(), StoreError> {
        enter(&self.ids_made(range.count)?, id, range)
    }

    /// The index, created if there is none of this boot.
    fn ids_made(&self, size: u32) -> Result<PathBuf, StoreError> {
        let index = self.ids_index();
        if !index.exists() {
            self.make_ids_index(&index, size)?;
        }
        Ok(index)
    }

    /// Frees the ids of a deleted container. Takes [`Store::lock_names`]: do not call with it held.
    ///
    /// # Errors
    /// When the link cannot be removed; the ids stay allocated until the index is cleaned.
    pub fn free_ids(&self, spec: &ContainerSpec) -> Result<(), StoreError> {
        let Some(range) = spec.ids else { return Ok(()) };
        let is_its = |path: &PathBuf| {
            fs::read_link(path).is_ok_and(|owner| owner.as_os_str() == spec.id.as_str())
        };
        let index = self.ids_index();
        let Some(path) = [
            index.join(name(range)),
            index.join(shared_name(range, &spec.id)),
        ]
        .into_iter()
        .find(is_its) else {
            return Ok(());
        };
        let _names = self.lock_names()?;
        if is_its(&path) && !self.is_listed(&spec.id) {
            fs::remove_file(&path).map_err(StoreError::of("remove", &path))?;
        }
        Ok(())
    }

    fn taken(&self, index: &Path) -> Result<Vec<IdRange>, StoreError> {
        let entries = fs::read_dir(index).map_err(StoreError::of("read", index))?;
        Ok(entries
            .flatten()
            .filter_map(|entry| range(entry.file_name().to_str()?))
            .collect())
    }

    fn make_ids_index(&self, index: &Path, size: u32) -> Result<(), StoreError> {
        let older = fs::read_dir(self.folder())
            .map_err(StoreError::of("read", self.folder()))?
            .flatten();
        for old in older.filter(|entry| {
            entry
                .file_name()
                .as_encoded_bytes()
                .starts_with(PREFIX.as_bytes())
        }) {
            fs::remove_dir_all(old.path()).map_err(StoreError::of("remove", &old.path()))?;
        }
        // filled before it gets its name: nobody sees half an index
        let made = self.folder().join(format!("{PREFIX}new"));
        make_folder(&made)?;
        for (id, range) in self.ids_of_users(size)? {
            enter(&made, &id, range)?;
        }
        fs::rename(&made, index).map_err(StoreError::of("rename", &made))
    }

    /// Removes what a crash left in the index.
    fn drop_stale_ids(&self, index: &Path) -> Result<(), StoreError> {
        let trash = self.trash()?;
        for entry in fs::read_dir(index)
            .map_err(StoreError::of("read", index))?
            .flatten()
        {
            let owner = fs::read_link(entry.path())
                .ok()
                .and_then(|id| ContainerId::new(id.to_str()?).ok());
            if owner.is_none_or(|id| {
                !self.is_listed(&id) && trash.iter().all(|trashed| trashed.id != id)
            }) {
                fs::remove_file(entry.path()).map_err(StoreError::of("remove", &entry.path()))?;
            }
        }
        Ok(())
    }

    /// The host ids of all containers, read from the records, including those in the trash: a
    /// restored container keeps its ids. For an unreadable record, `size` ids from the owner of its
    /// layer on.
    fn ids_of_users(&self, size: u32) -> Result<Vec<(ContainerId, IdRange)>, StoreError> {
        let mut taken = Vec::new();
        for id in self.ids()? {
            let range = match json_file::read::<Users>(&self.container(&id).join("spec.json")) {
                Ok(users) => users.ids,
                Err(error)
                    if error.source.kind() == ErrorKind::NotFound && !self.is_listed(&id) =>
                {
                    None
                }
                Err(error) => {
                    let layer = fs::symlink_metadata(self.container(&id).join("upper"))
                        .map_err(|_| error)?;
                    // root owns the layer of a container without ids of its own
                    (layer.uid() != 0).then_some(IdRange {
                        first: layer.uid(),
                        count: size,
                    })
                }
            };
            taken.extend(range.map(|range| (id, range)));
        }
        for trashed in self.trash()? {
            let range = self.trashed_spec(&trashed).ok().and_then(|spec| spec.ids);
            taken.extend(range.map(|range| (trashed.id.clone(), range)));
        }
        Ok(taken)
    }
}

fn name(range: IdRange) -> String {
    format!("{}-{}", range.first, range.count)
}

fn shared_name(range: IdRange, id: &ContainerId) -> String {
    format!("{}.{id}", name(range))
}

fn range(name: &str) -> Option<IdRange> {
    let (first, count) = name.split('.').next()?.split_once('-')?;
    Some(IdRange {
        first: first.parse().ok()?,
        count: count.parse().ok()?,
    })
}

fn enter(index: &Path, id: &ContainerId, range: IdRange) -> Result<(), StoreError> {
    for path in [index.join(name(range)), index.join(shared_name(range, id))] {
        match symlink(id.as_str(), &path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(StoreError::of("link", &path)(error)),
            Ok(()) => return Ok(()),
        }
    }
    Ok(())
}
