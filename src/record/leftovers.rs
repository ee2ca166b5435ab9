//! What interrupted creations and removals leave in the state and run folders. Only names with one
//! of our marks and a container id count as ours.

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::folders::{remove_folder_until, remove_run_folder};
use super::put_off::SWEEP_TAKES;
use super::{Lock, Store, StoreError};
use crate::spec::ContainerId;
use crate::sys::{fault, files};

/// The files of a container's run folder.
const RUN_FILES: [&str; 2] = ["lock", "attach.sock"];

/// An entry of our folders that belongs to no container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leftover {
    /// An unfinished creation.
    Draft(PathBuf),
    /// An unfinished removal.
    Trash(PathBuf),
    /// The run folder of a container that does not exist.
    Run(ContainerId, PathBuf),
}

impl Leftover {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Draft(path) | Self::Trash(path) | Self::Run(_, path) => path,
        }
    }
}

impl fmt::Display for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            Self::Draft(_) => "half a creation",
            Self::Trash(_) => "half a removal",
            Self::Run(..) => "the run folder of a container that is gone",
        };
        write!(f, "{what}: {}", self.path().display())
    }
}

impl Store {
    /// Leftovers of creations and removals, including those in progress: [`Store::sweep`] tells
    /// them apart.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn leftovers(&self) -> Result<Vec<Leftover>, StoreError> {
        let (mut found, mut listed) = (Vec::new(), HashSet::new());
        // the run folder first: a container created meanwhile is listed, one removed meanwhile has
        // both or neither
        let runs = names(self.runs())?;
        let containers = self.containers();
        for name in names(&containers)? {
            if is_marked(&name, ".new-") {
                found.push(Leftover::Draft(containers.join(name)));
            } else if is_marked(&name, ".old-") {
                found.push(Leftover::Trash(containers.join(name)));
            } else {
                listed.insert(name);
            }
        }
        for name in runs.into_iter().filter(|name| !listed.contains(name)) {
            let path = self.runs().join(&name);
            if let Some(id) = our_id(&name)
                && is_run_folder(&path)
            {
                found.push(Leftover::Run(id, path));
            }
        }
        Ok(found)
    }

    /// Deletes `leftovers` as a side task of another command, within [`SWEEP_TAKES`]. Call it with
    /// [`Store::try_lock_names`] held, so that no draft is being filled. Failed deletions are
    /// postponed.
    pub fn sweep(&self, leftovers: Vec<Leftover>, _names: &Lock) {
        let until = Instant::now() + SWEEP_TAKES;
        for leftover in leftovers
            .iter()
            .filter(|leftover| !self.is_postponed(leftover.path()))
        {
            match self.sweep_one(leftover, Some(until)) {
                Ok(_) => self.clear_postponed(leftover.path()),
                Err(_) => self.postpone(leftover.path()),
            }
            if Instant::now() >= until {
                return;
            }
        }
    }

    /// Deletes one of the leftovers without a time limit. `false` when it is in use: a creation
    /// that finished meanwhile, or a locked run folder.
    ///
    /// # Errors
    /// When part of it cannot be deleted.
    pub fn delete_leftover(&self, leftover: Leftover) -> Result<bool, StoreError> {
        let leftover = match leftover {
            Leftover::Draft(path) => match self.as_trash(&path)? {
                Some(trash) => Leftover::Trash(trash),
                None => return Ok(false),
            },
            other => other,
        };
        let deleted = self.sweep_one(&leftover, None);
        match &deleted {
            Ok(_) => self.clear_postponed(leftover.path()),
            Err(_) => self.postpone(leftover.path()),
        }
        deleted
    }

    /// Renames an unfinished creation to an unfinished removal, so that the names lock is not held
    /// during deletion: under the lock, every existing draft is a leftover.
    fn as_trash(&self, draft: &Path) -> Result<Option<PathBuf>, StoreError> {
        let name = draft
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .replacen(".new-", ".old-", 1);
        let trash = self.containers().join(name);
        let _names = self.lock_names()?;
        match fs::rename(draft, &trash) {
            Ok(()) => Ok(Some(trash)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            // both exist
            Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => {
                Ok(Some(draft.to_owned()))
            }
            Err(error) => Err(StoreError::of("rename", draft)(error)),
        }
    }

    fn sweep_one(&self, leftover: &Leftover, until: Option<Instant>) -> Result<bool, StoreError> {
        fault::may_fail("sweep.remove")
            .map_err(|e| StoreError::of("remove", leftover.path())(e.into()))?;
        let Leftover::Run(id, path) = leftover else {
            return remove_folder_until(leftover.path(), until).map(|()| true);
        };
        // a command interval its lock, a supervisor that of the folder itself
        let (Some(_lock), Some(_supervising)) =
            (Lock::try_take(&path.join("lock"))?, Lock::try_folder(path)?)
        else {
            return Ok(false);
        };
        match self.container(id).exists() {
            true => Ok(false),
            false => remove_run_folder(path).map(|()| true),
        }
    }

    /// As [`Store::lock_names`], without waiting.
    ///
    /// # Errors
    /// When it cannot be taken.
    pub fn try_lock_names(&self) -> Result<Option<Lock>, StoreError> {
        Lock::try_take(&self.runs().join("names.lock"))
    }

    /// Whether the last sweep is older than `interval`; records that the caller sweeps now.
    #[must_use]
    pub fn is_sweep_due(&self, interval: Duration) -> bool {
        let stamp = self.runs().join(".swept");
        // a time in the future: the clock was set back
        let age = fs::metadata(&stamp)
            .and_then(|about| about.modified())
            .ok()
            .and_then(|at| at.elapsed().ok());
        if age.is_some_and(|age| age < interval) {
            return false;
        }
        // without the mark, every command sweeps
        let _ = files::open_to_append(&stamp).and_then(|file| file.set_modified(SystemTime::now()));
        true
    }

    /// Whether this state folder has a container `id`, or leftovers of one.
    #[must_use]
    pub fn has_trace_of(&self, id: &ContainerId) -> bool {
        let marks = ["", ".old-", ".new-"];
        marks
            .iter()
            .any(|mark| self.containers().join(format!("{mark}{id}")).exists())
            || self.runs().join(id.as_str()).exists()
    }
}

fn is_marked(name: &str, mark: &str) -> bool {
    name.strip_prefix(mark).and_then(our_id).is_some()
}

/// An id as generated: twelve lower-case hex digits.
fn our_id(name: &str) -> Option<ContainerId> {
    let made_by_us =
        name.len() == 12 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    made_by_us.then(|| ContainerId::new(name).ok())?
}

/// A folder with no other files than ours.
fn is_run_folder(path: &Path) -> bool {
    path.is_dir()
        && names(path)
            .is_ok_and(|inside| inside.iter().all(|name| RUN_FILES.contains(&name.as_str())))
}

fn names(folder: &Path) -> Result<Vec<String>, StoreError> {
    let read = fs::read_dir(folder).map_err(StoreError::of("read", folder))?;
    Ok(read
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect())
}
