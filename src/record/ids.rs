//! The index of user ids: one link for each range of the host's ids that a container has, named
//! `FIRST-COUNT` and leading to its id, so that giving a new container ids of its own reads one
//! folder and not every record. One that shares another's has a link of its own, `FIRST-COUNT.ID`:
//! the range is taken until both are gone.
//!
//! A link is made before its container is in the list and taken away after it was deleted, always
//! with the names' lock held: whoever is killed between leaves one too many, never one too few. The
//! folder carries this boot's id, as that of names: it is made anew from the records.

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

/// What of a spec must not be given to another.
#[derive(Deserialize)]
struct Users {
    #[serde(default)]
    ids: Option<IdRange>,
}

impl Store {
    fn ids_index(&self) -> PathBuf {
        self.folder().join(format!("{PREFIX}{}", boot_id()))
    }

    /// Gives `id` a range of `pool` that no container has, also none in the trash; `None` when
    /// there is none left. They are tried in turn from that of the number `from` on: chosen by
    /// chance, it is hardly ever one that another container had, or one of another state folder
    /// has.
    ///
    /// # Errors
    /// When nobody knows which ids a container has, or the index cannot be written.
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

    /// Notes that `id` has a range that is another's too.
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

    /// The index, made where there is none of this boot.
    fn ids_made(&self, size: u32) -> Result<PathBuf, StoreError> {
        let index = self.ids_index();
        if !index.exists() {
            self.make_ids_index(&index, size)?;
        }
        Ok(index)
    }

    /// Takes back the ids of a container that was deleted. Waits for [`Store::lock_names`]: not to
    /// be called with it held.
    ///
    /// # Errors
    /// When the link cannot be removed; its ids are nobody's then until they are needed.
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
        // filled before it has its name: nobody finds half an index
        let made = self.folder().join(format!("{PREFIX}new"));
        make_folder(&made)?;
        for (id, range) in self.ids_of_users(size)? {
            enter(&made, &id, range)?;
        }
        fs::rename(&made, index).map_err(StoreError::of("rename", &made))
    }

    /// What who was killed left in the index.
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

    /// The ids of the host that containers' users have, read off the records, also those in the
    /// trash: what is brought back keeps them. One whose record cannot be read has those of `size`
    /// from the owner of its layer on, which is its root, or a user whom its root gave it to.
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
                    // the host's root owns the layer of one without ids of its own
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
