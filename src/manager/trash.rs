//! The trash: a container that a screen destroys is stopped and kept for some minutes, so that it
//! can be restored. Every command deletes what is due when it opens the state folder, in case the
//! screen was killed.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Error, Manager};
use crate::record::Trashed;
use crate::spec::ContainerId;

/// How long a container is kept in the trash.
pub const TRASH_KEPT: SignedDuration = SignedDuration::from_mins(10);

impl Manager {
    /// Stops it within `grace` if it is running, and moves it to the trash.
    ///
    /// # Errors
    /// When it is unknown, does not end, or removes itself when it ends.
    pub fn throw_away(&self, id: &ContainerId, grace: Duration) -> Result<(), Error> {
        let record = self.load(id)?;
        if record.spec.remove {
            let message = format!(
                "{} is removed when it ends (--rm): it cannot be kept",
                record.spec.name
            );
            return Err(Error::System {
                message,
                hint: Some("stop it instead".into()),
            });
        }
        if record.state.status.is_alive() || record.state.restart_at.is_some() {
            match self.stop(id, grace) {
                // it may have ended by itself meanwhile
                Err(Error::WrongState { .. }) => {}
                other => drop(other?),
            }
        }
        let lock = self.store().lock(id)?;
        let record = self.load(id)?;
        if record.state.status.is_alive() {
            return Err(Error::wrong_state(
                &record,
                "destroy",
                "one that is not started meanwhile",
            ));
        }
        let cgroup = self.cgroup(id);
        cgroup.kill_all()?;
        cgroup.remove()?;
        self.store().move_to_trash(id, Timestamp::now())?;
        self.store().free_name(id, &record.spec.name)?;
        drop(lock);
        self.store().append_event(&record.spec, "thrown away", None);
        Ok(())
    }

    /// Restores it from the trash, stopped.
    ///
    /// # Errors
    /// When it is no longer there, or its name has been taken.
    pub fn take_back(&self, id: &ContainerId) -> Result<(), Error> {
        let names = self.store().lock_names()?;
        let Some(trashed) = self
            .store()
            .trash()?
            .into_iter()
            .find(|trashed| trashed.id == *id)
        else {
            let message = format!("{id} is no longer in the trash");
            return Err(Error::System {
                message,
                hint: Some(format!("it is kept for {} minutes", TRASH_KEPT.as_mins())),
            });
        };
        let spec = self.store().trashed_spec(&trashed)?;
        self.check_free(&spec.name, Some(id))?;
        self.store().enter_name(&spec, &names)?;
        self.store().restore_from_trash(&trashed)?;
        drop(names);
        self.store().append_event(&spec, "brought back", None);
        Ok(())
    }

    /// Deletes containers whose time in the trash is over.
    ///
    /// # Errors
    /// The first that cannot be removed; the others are removed.
    pub fn purge_trash(&self) -> Result<(), Error> {
        self.empty_trash(Some(TRASH_KEPT))
    }

    /// As [`Manager::purge_trash`] at the start of another command: ignores errors and takes only a
    /// fraction of a second.
    pub(super) fn purge_trash_briefly(&self) {
        for trashed in self.due(Some(TRASH_KEPT)).unwrap_or_default() {
            self.store().try_delete(&trashed);
        }
    }

    /// Deletes what has been in the trash for longer than `kept`, or everything.
    pub(super) fn empty_trash(&self, kept: Option<SignedDuration>) -> Result<(), Error> {
        let mut failed = Ok(());
        for trashed in self.due(kept)? {
            let deleted = self.store().delete(&trashed);
            failed = failed.and(deleted);
        }
        Ok(failed?)
    }

    /// What has been in the trash for longer than `kept`, or everything.
    fn due(&self, kept: Option<SignedDuration>) -> Result<Vec<Trashed>, Error> {
        let now = Timestamp::now();
        let is_due = |trashed: &Trashed| {
            // a clock that was set back must not keep it for ever
            let age = now.duration_since(trashed.at);
            kept.is_none_or(|kept| age >= kept || age < -kept)
        };
        Ok(self.store().trash()?.into_iter().filter(is_due).collect())
    }
}
