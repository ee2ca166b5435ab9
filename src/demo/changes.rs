//! Changes of limits and names, and the trash.

use super::world::{Member, World};
use crate::manager::{Error, LimitChange, TRASH_KEPT, Updated, check_name, differences};
use crate::spec::{ContainerId, ContainerName, format_bytes};

impl World {
    /// Sets one limit.
    pub(super) fn set_limit(
        &mut self,
        id: &ContainerId,
        change: LimitChange,
        only_alive: bool,
    ) -> Result<Updated, Error> {
        let place = self.place(id)?;
        let member = &mut self.members[place];
        let live = member.record.state.status.is_alive();
        if only_alive && !live {
            return Err(Error::limit_of_ended(&member.record));
        }
        let current = member.record.spec.limits.clone();
        let mut wanted = current.clone();
        change.apply_to(&mut wanted);
        wanted.check()?;
        let used = member
            .simulation
            .sample
            .memory
            .filter(|_| live)
            .unwrap_or(0);
        if let LimitChange::Memory(Some(limit)) = change
            && limit < used
        {
            return Err(Error::System {
                message: format!(
                    "{} is too little: the container uses {} more, and that cannot be freed",
                    format_bytes(limit),
                    format_bytes(used - limit)
                ),
                hint: Some("stop something in the container, or allow more".into()),
            });
        }
        let changes = differences(&current, &wanted);
        member.record.spec.limits = wanted;
        self.version += 1;
        Ok(Updated { changes, live })
    }

    /// Sets one limit to `back`, if it still is `left`.
    pub(super) fn restore_limit(
        &mut self,
        id: &ContainerId,
        left: LimitChange,
        back: LimitChange,
    ) -> Result<Updated, Error> {
        left.check_still(&self.find(id)?.record.spec.limits)?;
        self.set_limit(id, back, false)
    }

    /// Gives it the name `back`, if it still has the name `left`.
    pub(super) fn restore_name(
        &mut self,
        id: &ContainerId,
        left: &str,
        back: &str,
    ) -> Result<(), Error> {
        check_name(&self.find(id)?.record, left)?;
        self.rename(id, back)
    }

    /// Gives it another name.
    pub(super) fn rename(&mut self, id: &ContainerId, name: &str) -> Result<(), Error> {
        let name = ContainerName::new(name)?;
        let place = self.place(id)?;
        let is_taken =
            |(at, member): (usize, &Member)| at != place && member.record.spec.name == name;
        if self.members.iter().enumerate().any(is_taken) {
            return Err(Error::NameInUse(name.to_string()));
        }
        self.members[place].record.spec.name = name;
        self.version += 1;
        Ok(())
    }

    /// Stops it and moves it to the trash.
    pub(super) fn throw_away(&mut self, id: &ContainerId) -> Result<(), Error> {
        if self.find(id)?.record.state.status.is_alive() {
            self.stop(id)?;
        }
        let place = self.place(id)?;
        let (member, now) = (self.members.remove(place), self.now());
        self.trash.push((now, member));
        self.version += 1;
        Ok(())
    }

    /// Restores it from the trash.
    pub(super) fn take_back(&mut self, id: &ContainerId) -> Result<(), Error> {
        let Some(place) = self
            .trash
            .iter()
            .position(|(_, member)| member.record.spec.id == *id)
        else {
            return Err(Error::System {
                message: format!("{id} is no longer in the trash"),
                hint: None,
            });
        };
        let name = &self.trash[place].1.record.spec.name;
        if self
            .members
            .iter()
            .any(|member| member.record.spec.name == *name)
        {
            return Err(Error::NameInUse(name.to_string()));
        }
        let (_, member) = self.trash.remove(place);
        let at = self.members.partition_point(|other| {
            other.record.state.created_at <= member.record.state.created_at
        });
        self.members.insert(at, member);
        self.version += 1;
        Ok(())
    }

    /// Deletes containers whose time in the trash is over.
    pub(super) fn purge_trash(&mut self) {
        let now = self.now();
        self.trash
            .retain(|(at, _)| now.duration_since(*at) < TRASH_KEPT);
    }
}
