//! `gc`, and the quick look at the start of every command: what crashes left is removed, and
//! nothing that is not provably ours.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::{Error, Manager, reconcile};
use crate::cgroup;
use crate::record::Record;
use crate::spec::ContainerId;

/// One thing that was left, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it is and where.
    pub what: String,
    /// What was done about it.
    pub fate: Fate,
}

/// What becomes of something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is gone.
    Removed,
    /// It would be (`--dry-run`).
    WouldBeRemoved,
    /// Why it stays.
    Stays(String),
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fate {
            Fate::Removed => write!(f, "removed {}", self.what),
            Fate::WouldBeRemoved => write!(f, "would remove {}", self.what),
            Fate::Stays(why) => write!(f, "left alone {}: {why}", self.what),
        }
    }
}

/// How long nobody looks again; [`Manager::gc`] and [`Manager::swept_records`] always do.
const SWEPT_HOLDS: Duration = Duration::from_secs(1);

/// A cgroup in our parent folder whose container does not live.
struct Orphan {
    id: ContainerId,
    folders: Vec<PathBuf>,
}

impl Manager {
    /// Removes what crashes left of this state folder's containers; with `dry_run` only says what
    /// it would remove. What it cannot prove to be ours it leaves alone and tells.
    ///
    /// # Errors
    /// When the state folder cannot be read.
    pub fn gc(&self, dry_run: bool) -> Result<Vec<Found>, Error> {
        let mut found = Vec::new();
        for id in self.store().ids()? {
            let Some(name) = self
                .store()
                .load(&id)
                .ok()
                .filter(reconcile::is_out_of_date)
                .map(|record| record.spec.name)
            else {
                continue;
            };
            // looking it up repairs it: its state, and its cgroup with that
            let fate = if dry_run {
                Fate::WouldBeRemoved
            } else {
                self.find(id.as_str())
                    .map_or_else(|e| Fate::Stays(e.to_string()), |_| Fate::Removed)
            };
            found.push(Found {
                what: format!("what was left of {name}, which died unseen"),
                fate,
            });
        }
        for orphan in self.orphans() {
            let what = format!(
                "the cgroup of {}, which does not run: {}",
                orphan.id,
                shown(&orphan.folders)
            );
            let fate = if !self.store().has_trace_of(&orphan.id) {
                Fate::Stays(
                    "this state folder knows of no such container; another one's, perhaps".into(),
                )
            } else if dry_run {
                Fate::WouldBeRemoved
            } else {
                match self.remove_orphan(&orphan.id) {
                    Ok(true) => Fate::Removed,
                    Ok(false) => Fate::Stays("somebody is working on it".into()),
                    Err(error) => Fate::Stays(error.to_string()),
                }
            };
            found.push(Found { what, fate });
        }
        if dry_run {
            found.extend(self.store().leftovers()?.iter().map(|left| Found {
                what: left.to_string(),
                fate: Fate::WouldBeRemoved,
            }));
            return Ok(found);
        }
        // nobody is in the middle of a creation while we hold this: every draft is one that was
        // left. It is not held while they are deleted, which may take long
        let leftovers = {
            let _names = self.store().lock_names()?;
            self.store().leftovers()?
        };
        for left in leftovers {
            let what = left.to_string();
            let fate = match self.store().delete_leftover(left) {
                Ok(true) => Fate::Removed,
                Ok(false) => Fate::Stays("somebody is working on it".into()),
                Err(error) => Fate::Stays(error.to_string()),
            };
            found.push(Found { what, fate });
        }
        self.store().prune_postponed();
        Ok(found)
    }

    /// The same at the start of every command, without a word: a mess that cannot be cleaned up
    /// must not keep anybody from working. To look takes as long as there are containers, so of
    /// many commands in a second only the first looks.
    pub(super) fn tidy_up(&self) {
        if !self.store().is_sweep_due(SWEPT_HOLDS) {
            return;
        }
        for orphan in self
            .orphans()
            .into_iter()
            .filter(|orphan| self.store().has_trace_of(&orphan.id))
        {
            let _ = self.remove_orphan(&orphan.id);
        }
        self.sweep_folders();
    }

    /// Every container as [`Manager::records`] has it, and what crashes left is removed, without a
    /// word: who reads all records anyway need not read them for that once more.
    ///
    /// # Errors
    /// When the state folder cannot be read.
    pub fn swept_records(&self) -> Result<Vec<Record>, Error> {
        let records = self.records()?;
        let in_use: BTreeSet<&ContainerId> = records
            .iter()
            .filter(|r| uses_cgroup(r))
            .map(|r| &r.spec.id)
            .collect();
        let first = cgroup::first_of_containers(&self.runtime.layout, &self.cgroup_parent());
        for id in first
            .iter()
            .filter(|id| !in_use.contains(id) && self.store().has_trace_of(id))
        {
            let _ = self.remove_orphan(id);
        }
        self.sweep_folders();
        Ok(records)
    }

    fn sweep_folders(&self) {
        self.purge_trash_in_passing();
        let leftovers = self.store().leftovers().unwrap_or_default();
        if !leftovers.is_empty()
            && let Ok(Some(names)) = self.store().try_lock_names()
        {
            self.store().sweep(leftovers, &names);
        }
    }

    /// Cgroups of containers that, as their records have it, do not live: a start was killed in the
    /// middle, or is under way.
    fn orphans(&self) -> Vec<Orphan> {
        let mut present: BTreeMap<ContainerId, Vec<PathBuf>> = BTreeMap::new();
        for (id, folder) in cgroup::containers(&self.runtime.layout, &self.cgroup_parent()) {
            present.entry(id).or_default().push(folder);
        }
        let orphans = present.into_iter().filter(|(id, _)| !self.is_in_use(id));
        orphans
            .map(|(id, folders)| Orphan { id, folders })
            .collect()
    }

    /// Whether its record says that it lives, or is watched by a supervisor: reconciling such a
    /// record takes care of its cgroup.
    fn is_in_use(&self, id: &ContainerId) -> bool {
        self.store()
            .load(id)
            .is_ok_and(|record| uses_cgroup(&record))
    }

    /// `false` when somebody starts or removes it right now.
    fn remove_orphan(&self, id: &ContainerId) -> Result<bool, Error> {
        // a supervisor that starts it holds this from before it makes the cgroup until its record
        // says that it runs, and on
        let Some(_supervising) = self.store().try_supervise(id)? else {
            return Ok(false);
        };
        if self.is_in_use(id) || self.is_broken_and_alive(id) {
            return Ok(false);
        }
        let cgroup = self.cgroup(id);
        cgroup.kill_all()?;
        cgroup.remove()?;
        Ok(true)
    }

    /// Nobody knows whether a container whose record cannot be read should live: its user decides,
    /// by destroying it.
    fn is_broken_and_alive(&self, id: &ContainerId) -> bool {
        self.store().container(id).exists()
            && self.store().load(id).is_err()
            && !self.cgroup(id).is_empty()
    }
}

fn uses_cgroup(record: &Record) -> bool {
    record.state.status.is_alive() || record.state.supervisor.is_some()
}

fn shown(folders: &[PathBuf]) -> String {
    let first = folders
        .first()
        .map(|path| path.display().to_string())
        .unwrap_or_default();
    match folders.len() {
        0 | 1 => first,
        more => format!("{first} and {} more", more - 1),
    }
}
