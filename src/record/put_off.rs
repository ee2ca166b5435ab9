//! What could not be deleted is nobody else's cost: whoever comes by passes it over for a time that
//! grows with each failure.
//!
//! A file beside the run folders remembers one: as many bytes as there were failures, and its time
//! is when it is tried again.

use std::fs::{self, Metadata};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Store;
use crate::sys::files;

/// How long all deleting on the way of another command may take.
pub(super) const SWEEP_TAKES: Duration = Duration::from_millis(200);

/// How long the second failure puts it off; each further one twice as long. The first may have been
/// somebody's bad moment.
const SECOND: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(3600);
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

    /// Whether `path` could not be deleted, and it is too early to try again.
    pub(super) fn is_postponed(&self, path: &Path) -> bool {
        let reminder =
            fs::symlink_metadata(self.postponed_marker(path)).and_then(|about| about.modified());
        let wait = reminder
            .ok()
            .and_then(|at| at.duration_since(SystemTime::now()).ok());
        // longer than any is: the clock was set back
        wait.is_some_and(|wait| wait <= LONGEST)
    }

    /// Remembers that `path` could not be deleted. Where that cannot be written, it is tried each
    /// time.
    pub(super) fn postpone(&self, path: &Path) {
        let _ = files::open_to_append(&self.postponed_marker(path)).and_then(|mut file| {
            file.write_all(b".")?;
            let failures = file.metadata()?.len();
            file.set_modified(SystemTime::now() + delay(failures))
        });
    }

    /// `path` is gone.
    pub(super) fn clear_postponed(&self, path: &Path) {
        let _ = fs::remove_file(self.postponed_marker(path));
    }

    /// Takes away what is remembered of things that are not there any more, because somebody else
    /// deleted them.
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

fn is_gone(looked: std::io::Result<Metadata>) -> bool {
    looked.is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

fn delay(failures: u64) -> Duration {
    let Some(doublings) = failures.checked_sub(2) else {
        return Duration::ZERO;
    };
    (SECOND * 2_u32.pow(u32::try_from(doublings).unwrap_or(u32::MAX).min(20))).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_puts_it_off_for_longer_up_to_an_hour() {
        assert_eq!([0, 1, 2, 3, 4].map(|n| delay(n).as_secs()), [0, 0, 2, 4, 8]);
        assert_eq!(delay(u64::MAX), LONGEST);
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
