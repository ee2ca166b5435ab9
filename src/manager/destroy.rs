//! `destroy`: removes a container with its cgroup, files and log.

use super::{Error, Manager};
use crate::record::{Lock, Status};
use crate::spec::ContainerId;
use crate::sys::fault;

impl Manager {
    /// Removes the container and all its files; with `force` also a running one, killing it first.
    ///
    /// # Errors
    /// When it is unknown, running without `force`, or a part cannot be removed.
    pub fn destroy(&self, id: &ContainerId, force: bool) -> Result<(), Error> {
        fault::may_fail("destroy.lock")?;
        self.destroy_holding(id, force, self.store().lock(id)?)
    }

    /// As [`Manager::destroy`], with its lock held.
    pub(super) fn destroy_holding(
        &self,
        id: &ContainerId,
        force: bool,
        lock: Lock,
    ) -> Result<(), Error> {
        let record = match self.load(id) {
            Ok(record) => record,
            Err(error) => {
                // taking the lock made a run folder for a container that does not exist
                self.store().remove(id)?;
                return Err(error);
            }
        };
        let cgroup = self.cgroup(id);
        if matches!(record.state.status, Status::Broken { .. }) && !force && !cgroup.is_empty() {
            return Err(Error::System {
                message: format!("{} is BROKEN and has processes", record.spec.name),
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
                // it may have ended by itself meanwhile
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
        // a container that removes itself has recorded the event already
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
                hint: Some("find out what uses them; minic-tui gc tries again".into()),
            }
        })
    }
}
