//! `prune`: every stopped container is destroyed, and the trash is emptied.

use super::{Error, Manager};
use crate::record::{Record, Status};

impl Manager {
    /// Destroys every container that is stopped and not waiting to be started again; those that
    /// were.
    ///
    /// # Errors
    /// The first that cannot be destroyed; those before it are.
    pub fn prune(&self) -> Result<Vec<Record>, Error> {
        let ended = |r: &Record| {
            matches!(r.state.status, Status::Stopped { .. }) && r.state.restart_at.is_none()
        };
        let records: Vec<Record> = self.records()?.into_iter().filter(ended).collect();
        for record in &records {
            match self.destroy(&record.spec.id, false) {
                // somebody else was quicker
                Err(Error::Unknown(_)) => {}
                other => other?,
            }
        }
        self.empty_trash(None)?;
        Ok(records)
    }
}
