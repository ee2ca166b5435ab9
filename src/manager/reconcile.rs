//! Rebuilding the truth: what a killed supervisor, screen or machine left behind is repaired or removed.

use jiff::Timestamp;

use super::{Error, Manager};
use crate::record::{ExitCause, Record, is_alive};

impl Manager {
    /// `record` with its status as it is now. An alive status whose process is gone without a supervisor to say why is
    /// STOPPED, cause lost: recorded, and its cgroup removed.
    pub(super) fn reconciled(&self, record: Record) -> Result<Record, Error> {
        // a living supervisor holds the truth: it is about to record how the container ended, or to start it again
        if record.supervisor.is_none() && !record.status.is_alive() || record.supervisor.as_ref().is_some_and(is_alive) {
            return Ok(record);
        }
        if record.status.process().is_some_and(is_alive) {
            return Ok(record);
        }
        // it may have recorded its last word between our reading and our looking
        let fresh = match self.store().load(&record.spec.id) {
            Ok(fresh) if fresh == record => fresh,
            Ok(other) => return Ok(other),
            Err(_) => return Ok(record),
        };
        let mut lost = fresh;
        let was_alive = lost.status.is_alive();
        lost.status = lost.status.observed(false, Timestamp::now());
        (lost.supervisor, lost.restart_at) = (None, None);
        let cgroup = self.cgroup(&lost.spec.id);
        cgroup.kill_all()?;
        cgroup.remove()?;
        self.store().save(&lost)?;
        if was_alive {
            self.store().tell(&lost.spec, "died", Some(&ExitCause::Lost))?;
        }
        if lost.spec.remove {
            self.store().remove(&lost.spec.id)?;
        }
        Ok(lost)
    }

    /// Removes what half-done creations and removals left, unless somebody is creating right now.
    pub(super) fn sweep(&self) -> Result<(), Error> {
        if self.store().has_leftovers()? {
            let names = self.store().lock_names()?;
            self.store().sweep(&names)?;
        }
        self.purge_trash()
    }
}
