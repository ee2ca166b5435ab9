//! The end of a container whose record cannot be written, so that a full or read-only disk does not
//! turn it into a lost one.
//!
//! It is kept on a tmpfs (`/run`) until the record can be written.

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
    /// Always in `/run`: the run folder of another state folder is on the same disk as that.
    fn unsaved_ends(&self) -> PathBuf {
        PathBuf::from(format!("/run/{}.ends", self.cgroup_parent()))
    }

    /// Saves how a container ended, in memory if the disk is full or read-only. Nothing is kept for
    /// a container that was destroyed meanwhile.
    pub fn save_end(&self, record: &Record) {
        if self
            .save(record)
            .is_err_and(|error| json_file::is_unwritable(&error))
        {
            self.keep_in_memory(&record.spec.id, &record.state.status);
        }
    }

    /// Best effort: if this fails too, the end is lost.
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

    /// The kept end of `id`, if it belongs to the run that began with the status `alive`.
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

    /// Call when the record has it, or the container is gone.
    pub fn discard_unsaved_end(&self, id: &ContainerId) {
        let folder = self.unsaved_ends();
        if fs::remove_file(folder.join(format!("{id}.json"))).is_ok() {
            // the last one removes the folder too
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

/// Refuses a folder that others can write to.
fn is_ours(folder: &Path) -> bool {
    let us = nix::unistd::geteuid().as_raw();
    fs::symlink_metadata(folder)
        .is_ok_and(|about| about.is_dir() && about.uid() == us && about.mode() & 0o022 == 0)
}
