//! The trash: containers taken out of the list whole, to be brought back or deleted later.
//! `trash/SECONDS-ID` in the state folder; the seconds (since 1970) say when, so that whatever
//! process comes by next knows what is due.

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
    /// Which.
    pub id: ContainerId,
    /// Since when.
    pub at: Timestamp,
    folder: PathBuf,
}

impl Store {
    pub(super) fn trash_folder(&self) -> PathBuf {
        self.folder().join("trash")
    }

    /// Takes a container out of the list and keeps it whole. It must have ended.
    ///
    /// # Errors
    /// When its folder cannot be renamed; it is in the list still.
    pub fn move_to_trash(&self, id: &ContainerId, now: Timestamp) -> Result<(), StoreError> {
        let trash = self.trash_folder();
        make_folder(&trash)?;
        let folder = self.container(id);
        fs::rename(&folder, trash.join(format!("{}-{id}", now.as_second())))
            .map_err(StoreError::of("rename", &folder))?;
        remove_run_folder(&self.run_folder(id)?)
    }

    /// What is in the trash.
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

    /// The spec of what is in the trash.
    ///
    /// # Errors
    /// When it is gone or cannot be understood.
    pub fn trashed_spec(&self, trashed: &Trashed) -> Result<ContainerSpec, StoreError> {
        json_file::read(&trashed.folder.join("spec.json"))
    }

    /// Puts `trashed` back into the list as it was.
    ///
    /// # Errors
    /// When its folder cannot be renamed: somebody emptied the trash.
    pub fn restore_from_trash(&self, trashed: &Trashed) -> Result<(), StoreError> {
        fs::rename(&trashed.folder, self.container(&trashed.id))
            .map_err(StoreError::of("rename", &trashed.folder))
    }

    /// Deletes `trashed` for good, however long that takes. Fine when it is gone already.
    ///
    /// # Errors
    /// When something of it cannot be removed.
    pub fn delete(&self, trashed: &Trashed) -> Result<(), StoreError> {
        self.delete_until(trashed, None)
    }

    /// As [`Store::delete`], on the way of another command: for a part of a second, and not at all
    /// while it is put off.
    pub fn try_delete(&self, trashed: &Trashed) {
        if !self.is_postponed(&trashed.folder) {
            // the next one goes on
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
                // one that cannot be read has ids too many, which harms nobody
                let _ = spec.and_then(|spec| self.free_ids(&spec));
            }
            Err(_) => self.postpone(&trashed.folder),
        }
        deleted
    }
}
