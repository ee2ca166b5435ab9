//! `gc`, and its short form at the start of every command: removes what crashes left behind, but
//! nothing that is not provably ours.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::{Error, Manager, reconcile};
use crate::cgroup;
use crate::record::Record;
use crate::spec::ContainerId;

/// Something that a crash left behind, and what was done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GcEntry {
    /// What it is and where.
    pub what: String,
    /// The outcome.
    pub outcome: GcOutcome,
}

/// What was done about a leftover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GcOutcome {
    /// It was removed.
    Removed,
    /// It would be removed (`--dry-run`).
    WouldBeRemoved,
    /// It was kept, for this reason.
    Kept(String),
}

impl fmt::Display for GcEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            GcOutcome::Removed => write!(f, "removed {}", self.what),
            GcOutcome::WouldBeRemoved => write!(f, "would remove {}", self.what),
            GcOutcome::Kept(why) => write!(f, "left alone {}: {why}", self.what),
        }
    }
}

/// Minimum time between two sweeps at the start of commands; [`Manager::gc`] and
/// [`Manager::records_after_gc`] always sweep.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// A cgroup in our parent folder whose container does not run.
struct Orphan {
    id: ContainerId,
    folders: Vec<PathBuf>,
}

impl Manager {
    /// Removes what crashes left of this state folder's containers; with `dry_run` only reports
    /// it. What is not provably ours is kept and reported.
    ///
    /// # Errors
    /// When the state folder cannot be read.
    pub fn gc(&self, dry_run: bool) -> Result<Vec<GcEntry>, Error> {
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
            // looking it up reconciles its state and removes its cgroup
            let outcome = if dry_run {
                GcOutcome::WouldBeRemoved
            } else {
                self.find(id.as_str())
                    .map_or_else(|e| GcOutcome::Kept(e.to_string()), |_| GcOutcome::Removed)
            };
            found.push(GcEntry {
                what: format!("the remains of {name}, which died without a supervisor"),
                outcome,
            });
        }
        for orphan in self.orphans() {
            let what = format!(
                "the cgroup of {}, which is not running: {}",
                orphan.id,
                shown(&orphan.folders)
            );
            let outcome = if !self.store().has_trace_of(&orphan.id) {
                GcOutcome::Kept(
                    "this state folder has no such container; it may belong to another one".into(),
                )
            } else if dry_run {
                GcOutcome::WouldBeRemoved
            } else {
                match self.remove_orphan(&orphan.id) {
                    Ok(true) => GcOutcome::Removed,
                    Ok(false) => GcOutcome::Kept("another command is using it".into()),
                    Err(error) => GcOutcome::Kept(error.to_string()),
                }
            };
            found.push(GcEntry { what, outcome });
        }
        if dry_run {
            found.extend(self.store().leftovers()?.iter().map(|left| GcEntry {
                what: left.to_string(),
                outcome: GcOutcome::WouldBeRemoved,
            }));
            return Ok(found);
        }
        // with the names locked no creation is in progress, so every draft is a leftover. Deleting
        // them may take long: not under the lock
        let leftovers = {
            let _names = self.store().lock_names()?;
            self.store().leftovers()?
        };
        for left in leftovers {
            let what = left.to_string();
            let outcome = match self.store().delete_leftover(left) {
                Ok(true) => GcOutcome::Removed,
                Ok(false) => GcOutcome::Kept("another command is using it".into()),
                Err(error) => GcOutcome::Kept(error.to_string()),
            };
            found.push(GcEntry { what, outcome });
        }
        self.store().prune_postponed();
        Ok(found)
    }

    /// The same at the start of every command; errors are ignored, since a failed cleanup must not
    /// stop the command. The cost grows with the number of containers, so it runs at most once a
    /// second.
    pub(super) fn gc_if_due(&self) {
        if !self.store().is_sweep_due(SWEEP_INTERVAL) {
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

    /// [`Manager::records`] and a silent sweep in one pass over the records.
    ///
    /// # Errors
    /// When the state folder cannot be read.
    pub fn records_after_gc(&self) -> Result<Vec<Record>, Error> {
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
        self.purge_trash_briefly();
        let leftovers = self.store().leftovers().unwrap_or_default();
        if !leftovers.is_empty()
            && let Ok(Some(names)) = self.store().try_lock_names()
        {
            self.store().sweep(leftovers, &names);
        }
    }

    /// Cgroups of containers that do not run by their records: a start was killed halfway, or is in
    /// progress.
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

    /// Whether it runs or has a supervisor by its record: reconciling such a record removes its
    /// cgroup.
    fn is_in_use(&self, id: &ContainerId) -> bool {
        self.store()
            .load(id)
            .is_ok_and(|record| uses_cgroup(&record))
    }

    /// Returns `false` when another command is starting or removing it.
    fn remove_orphan(&self, id: &ContainerId) -> Result<bool, Error> {
        // a supervisor holds this lock from before it makes the cgroup
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

    /// Whether it has processes and an unreadable record: only the user can decide to destroy it.
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
