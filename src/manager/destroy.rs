//! `destroy`: everything of a container is removed; nothing is left of it.

use super::{Error, Manager};
use crate::record::{Lock, Status};
use crate::spec::ContainerId;
use crate::sys::fault;

impl Manager {
    /// Removes it and everything of it; a living one only with `force`, which kills it first.
    ///
    /// # Errors
    /// When it is unknown, alive without `force`, or something of it cannot be removed.
    pub fn destroy(&self, id: &ContainerId, force: bool) -> Result<(), Error> {
        fault::may_fail("destroy.lock")?;
        self.destroy_holding(id, force, self.store().lock(id)?)
    }

    /// As [`Manager::destroy`], for who has its lock already.
    pub(super) fn destroy_holding(
        &self,
        id: &ContainerId,
        force: bool,
        lock: Lock,
    ) -> Result<(), Error> {
        let record = match self.load(id) {
            Ok(record) => record,
            Err(error) => {
                // taking the lock made a run folder for a container that is not there
                self.store().remove(id)?;
                return Err(error);
            }
        };
        let cgroup = self.cgroup(id);
        if matches!(record.state.status, Status::Broken { .. }) && !force && !cgroup.is_empty() {
            return Err(Error::System {
                message: format!("{} is BROKEN and processes live in it", record.spec.name),
                hint: Some("destroy -f kills them first".into()),
            });
        }
        let restarting = record.state.restart_at.is_some();
        if record.state.status.is_alive() || restarting {
            if !force && !restarting {
                return Err(Error::wrong_state(
                    &record,
                    "destroy",
                    "a stopped one, or -f to kill it first",
                ));
            }
            fault::may_fail("destroy.kill")?;
            match self.kill_now(id) {
                // it ended by itself meanwhile
                Err(Error::WrongState { .. }) | Ok(_) => {}
                Err(error) => return Err(error),
            }
        }
        fault::may_fail("destroy.cgroup")?;
        cgroup.kill_all()?;
        cgroup.remove()?;
        fault::may_fail("destroy.files")?;
        let removed = self.store().remove(id);
        if removed.is_err() && self.store().is_listed(id) {
            return Ok(removed?);
        }
        self.store().free_name(id, &record.spec.name)?;
        self.store().free_ids(&record.spec)?;
        drop(lock);
        // a container that removes itself has told already
        if !record.spec.remove {
            self.store().append_event(&record.spec, "destroyed", None);
        }
        removed.map_err(|error| {
            self.store().append_event_with(
                &record.spec,
                "not removed",
                None,
                Some(error.to_string()),
            );
            let message = format!(
                "{} is destroyed, but not all of its files could be removed: {error}",
                record.spec.name
            );
            Error::System {
                message,
                hint: Some("find out what holds them; minic-tui gc tries again".into()),
            }
        })
    }
}
