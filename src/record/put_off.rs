//! Back-off for failed deletions: other commands skip them for an interval that grows with each
//! failure.
//!
//! Each has a marker file beside the run folders: its size is the number of failures, its mtime the
//! time of the next attempt.

use std::fs::{self, Metadata};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Store;
use crate::sys::files;

/// The time that another command may spend on deleting leftovers.
pub(super) const SWEEP_TAKES: Duration = Duration::from_millis(200);

/// The delay after the second failure, doubled with each further one. The first is retried at once.
const FIRST_DELAY: Duration = Duration::from_secs(2);
const MAX_DELAY: Duration = Duration::from_secs(3600);
const PREFIX: &str = ".put-off-";

impl Store {
    fn postponed_marker(&self, path: &Path) -> PathBuf {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        self.runs().join(format!("{PREFIX}{name}"))
    }

    /// Whether deleting `path` failed and must not be retried yet.
    pub(super) fn is_postponed(&self, path: &Path) -> bool {
        let marker =
            fs::symlink_metadata(self.postponed_marker(path)).and_then(|about| about.modified());
        let wait = marker
            .ok()
            .and_then(|at| at.duration_since(SystemTime::now()).ok());
        // beyond the maximum: the clock was set back
        wait.is_some_and(|wait| wait <= MAX_DELAY)
    }

    /// Records that `path` could not be deleted. If the marker cannot be written, it is retried
    /// every time.
    pub(super) fn postpone(&self, path: &Path) {
        let _ = files::open_to_append(&self.postponed_marker(path)).and_then(|mut file| {
            file.write_all(b".")?;
            let failures = file.metadata()?.len();
            file.set_modified(SystemTime::now() + delay(failures))
        });
    }

    /// Removes the marker of `path`, which was deleted.
    pub(super) fn clear_postponed(&self, path: &Path) {
        let _ = fs::remove_file(self.postponed_marker(path));
    }

    /// Removes the markers of paths that no longer exist.
    pub fn prune_postponed(&self) {
        let places = [self.containers(), self.trash_folder()];
        for entry in fs::read_dir(self.runs()).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some(name) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else {
                continue;
            };
            let gone = |place: &PathBuf| is_gone(fs::symlink_metadata(place.join(name)));
            if places.iter().all(gone) && is_gone(fs::symlink_metadata(self.runs().join(name))) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn is_gone(result: std::io::Result<Metadata>) -> bool {
    result.is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

fn delay(failures: u64) -> Duration {
    let Some(doublings) = failures.checked_sub(2) else {
        return Duration::ZERO;
    };
    (FIRST_DELAY * 2_u32.pow(u32::try_from(doublings).unwrap_or(u32::MAX).min(20))).min(MAX_DELAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_with_failures_up_to_an_hour() {
        assert_eq!([0, 1, 2, 3, 4].map(|n| delay(n).as_secs()), [0, 0, 2, 4, 8]);
        assert_eq!(delay(u64::MAX), MAX_DELAY);
        let folder = std::env::temp_dir().join(format!("minic-put-off-{}", std::process::id()));
        let store = Store::open(&folder).unwrap();
        let path = store.containers().join(".old-0123456789ab");
        assert!(!store.is_postponed(&path));
        store.postpone(&path);
        assert!(!store.is_postponed(&path), "it is tried once more at once");
        store.postpone(&path);
        assert!(store.is_postponed(&path) && !store.is_postponed(&folder));
        store.prune_postponed();
        assert!(!store.is_postponed(&path), "it is not there at all");
        fs::remove_dir_all(folder).unwrap();
    }
}
