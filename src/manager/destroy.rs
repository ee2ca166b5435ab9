//! `destroy`: everything of a container is removed; nothing is left of it.

use super::{Error, Manager};
use crate::spec::ContainerId;

impl Manager {
    /// Removes it and everything of it; a living one only with `force`, which kills it first.
    ///
    /// # Errors
    /// When it is unknown, alive without `force`, or something of it cannot be removed.
    pub fn destroy(&self, id: &ContainerId, force: bool) -> Result<(), Error> {
        let lock = self.store().lock(id)?;
        let record = match self.load(id) {
            Ok(record) => record,
            Err(error) => {
                // taking the lock made a run folder for a container that is not there
                self.store().remove(id)?;
                return Err(error);
            }
        };
        let restarting = record.restart_at.is_some();
        if record.status.is_alive() || restarting {
            if !force && !restarting {
                return Err(Error::WrongState {
                    container: record.spec.name.to_string(),
                    state: record.status.word(),
                    verb: "destroy",
                    needs: "a stopped one, or -f to kill it first",
                });
            }
            self.kill_now(id)?;
        }
        let cgroup = self.cgroup(id);
        cgroup.kill_all()?;
        cgroup.remove()?;
        self.store().remove(id)?;
        self.store().free_name(id, &record.spec.name)?;
        drop(lock);
        // a container that removes itself has told already
        if !record.spec.remove {
            self.store().tell(&record.spec, "destroyed", None)?;
        }
        Ok(())
    }
}
