//! The trash: unlisted containers, kept to be restored or deleted later. `trash/SECONDS-ID` in the
//! state folder, with the time (Unix seconds) from which any process knows what is due.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Instant;

use jiff::Timestamp;

use super::folders::{make_folder, remove_folder_until, remove_run_folder};
use super::json_file;
use super::put_off::SWEEP_TAKES;
use super::{Store, StoreError};
use crate::rootfs::storage::Project;
use crate::spec::{ContainerId, ContainerSpec};

/// A container in the trash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trashed {
    /// Its id.
    pub id: ContainerId,
    /// When it was moved there.
    pub at: Timestamp,
    folder: PathBuf,
}

impl Store {
    pub(super) fn trash_folder(&self) -> PathBuf {
        self.folder().join("trash")
    }

    /// Moves a container, which must have ended, from the list to the trash.
    ///
    /// # Errors
    /// When its folder cannot be renamed; it is still listed.
    pub fn move_to_trash(&self, id: &ContainerId, now: Timestamp) -> Result<(), StoreError> {
        let trash = self.trash_folder();
        make_folder(&trash)?;
        let folder = self.container(id);
        fs::rename(&folder, trash.join(format!("{}-{id}", now.as_second())))
            .map_err(StoreError::of("rename", &folder))?;
        remove_run_folder(&self.run_folder(id)?)
    }

    /// The containers in the trash.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn trash(&self) -> Result<Vec<Trashed>, StoreError> {
        let trash = self.trash_folder();
        let entries = match fs::read_dir(&trash) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(StoreError::of("read", &trash))?,
        };
        let trashed = |entry: fs::DirEntry| {
            let name = entry.file_name().into_string().ok()?;
            let (seconds, id) = name.split_once('-')?;
            let (at, id) = (
                Timestamp::from_second(seconds.parse().ok()?).ok()?,
                ContainerId::new(id).ok()?,
            );
            Some(Trashed {
                id,
                at,
                folder: entry.path(),
            })
        };
        Ok(entries.flatten().filter_map(trashed).collect())
    }

    /// Loads the spec of a container in the trash.
    ///
    /// # Errors
    /// When it is gone or invalid.
    pub fn trashed_spec(&self, trashed: &Trashed) -> Result<ContainerSpec, StoreError> {
        json_file::read(&trashed.folder.join("spec.json"))
    }

    /// Restores `trashed` to the list.
    ///
    /// # Errors
    /// When its folder cannot be renamed, as when the trash was emptied.
    pub fn restore_from_trash(&self, trashed: &Trashed) -> Result<(), StoreError> {
        fs::rename(&trashed.folder, self.container(&trashed.id))
            .map_err(StoreError::of("rename", &trashed.folder))
    }

    /// Deletes `trashed` without a time limit. Not an error when it is already gone.
    ///
    /// # Errors
    /// When part of it cannot be removed.
    pub fn delete(&self, trashed: &Trashed) -> Result<(), StoreError> {
        self.delete_until(trashed, None)
    }

    /// As [`Store::delete`], within [`SWEEP_TAKES`], and not while it is postponed.
    pub fn try_delete(&self, trashed: &Trashed) {
        if !self.is_postponed(&trashed.folder) {
            // the next command continues
            let _ = self.delete_until(trashed, Some(Instant::now() + SWEEP_TAKES));
        }
    }

    fn delete_until(&self, trashed: &Trashed, until: Option<Instant>) -> Result<(), StoreError> {
        let (spec, project) = (self.trashed_spec(trashed), Project::of(&trashed.folder));
        let deleted = remove_folder_until(&trashed.folder, until);
        match &deleted {
            Ok(()) => {
                self.clear_postponed(&trashed.folder);
                project.release(self.folder());
                // for an unreadable one, the ids stay allocated, which is harmless
                let _ = spec.and_then(|spec| self.free_ids(&spec));
            }
            Err(_) => self.postpone(&trashed.folder),
        }
        deleted
    }
}
