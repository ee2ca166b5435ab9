//! `prune`: destroys all stopped containers and empties the trash.

use super::{Error, Manager};
use crate::record::{Record, Status};

impl Manager {
    /// Destroys all containers that are stopped and not about to be restarted, and returns them.
    ///
    /// # Errors
    /// On the first one that cannot be destroyed; those before it have been.
    pub fn prune(&self) -> Result<Vec<Record>, Error> {
        let ended = |r: &Record| {
            matches!(r.state.status, Status::Stopped { .. }) && r.state.restart_at.is_none()
        };
        let records: Vec<Record> = self.records()?.into_iter().filter(ended).collect();
        for record in &records {
            match self.destroy(&record.spec.id, false) {
                // another command destroyed it first
                Err(Error::Unknown(_)) => {}
                other => other?,
            }
        }
        self.empty_trash(None)?;
        Ok(records)
    }
}
