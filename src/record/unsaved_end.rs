//! How a container ended, for when its record cannot be written: a disk that became read-only must
//! not turn an end that was seen into one that nobody saw.
//!
//! The word is kept in memory (`/run`, which is a tmpfs), whatever file system the state folder is
//! on, until the record can be written.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Record, Status, Store, json_file};
use crate::spec::ContainerId;

/// The status that could not be recorded.
#[derive(Serialize, Deserialize)]
struct UnsavedEnd {
    status: Status,
}

impl Store {
    /// Beside the run folder of the default state folder: another one has its run folder on its own
    /// disk.
    fn unsaved_ends(&self) -> PathBuf {
        PathBuf::from(format!("/run/{}.ends", self.cgroup_parent()))
    }

    /// Saves how a container ended. A record that cannot be written because the disk is full or
    /// read-only is kept in memory; one that was destroyed meanwhile needs no end.
    pub fn save_end(&self, record: &Record) {
        if self
            .save(record)
            .is_err_and(|error| json_file::has_no_room(&error))
        {
            self.keep_in_memory(&record.spec.id, &record.state.status);
        }
    }

    /// Where not even this can be written, nobody will know.
    fn keep_in_memory(&self, id: &ContainerId, status: &Status) {
        let folder = self.unsaved_ends();
        let _ = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder);
        if is_ours(&folder) {
            let _ = json_file::write(
                &folder,
                &format!("{id}.json"),
                &UnsavedEnd {
                    status: status.clone(),
                },
                false,
            );
        }
    }

    /// How `id` ended, when that was kept and is about the run that began with the status `alive`.
    #[must_use]
    pub fn unsaved_end(&self, id: &ContainerId, alive: &Status) -> Option<Status> {
        let (folder, began) = (self.unsaved_ends(), since(alive)?);
        let file = folder.join(format!("{id}.json"));
        if !is_ours(&folder) {
            return None;
        }
        let kept = json_file::read::<UnsavedEnd>(&file).ok()?.status;
        (matches!(kept, Status::Stopped { .. }) && since(&kept) == Some(began)).then_some(kept)
    }

    /// Its record says it now, or it is gone.
    pub fn discard_unsaved_end(&self, id: &ContainerId) {
        let folder = self.unsaved_ends();
        if fs::remove_file(folder.join(format!("{id}.json"))).is_ok() {
            // the last one takes the folder along
            let _ = fs::remove_dir(folder);
        }
    }
}

fn since(status: &Status) -> Option<Timestamp> {
    match status {
        Status::Running { since, .. } | Status::Paused { since, .. } => Some(*since),
        Status::Stopped { since, .. } => *since,
        Status::Created | Status::Broken { .. } => None,
    }
}

/// What others could write there must not be believed.
fn is_ours(folder: &Path) -> bool {
    let us = nix::unistd::geteuid().as_raw();
    fs::symlink_metadata(folder)
        .is_ok_and(|about| about.is_dir() && about.uid() == us && about.mode() & 0o022 == 0)
}
