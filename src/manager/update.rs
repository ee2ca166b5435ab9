//! `update`: changes the limits of a container, running or not.

use super::{Error, LimitChange, Manager, Updated};
use crate::cgroup;
use crate::spec::{Amount, ContainerId, IoLimit, LIMITS, Limit, Limits, Preset};
use crate::sys::fault;

impl Manager {
    /// Changes the limits that `request` names.
    ///
    /// # Errors
    /// When an amount is invalid, the kernel does not support a limit, or memory in use exceeds it;
    /// nothing has changed then.
    pub fn update(&self, id: &ContainerId, request: &Preset) -> Result<Updated, Error> {
        self.change_limits(id, false, |current| Ok(request.limits_over(current)?))
    }

    /// Sets one limit, of a running container at once; if `only_alive`, of no other.
    ///
    /// # Errors
    /// When the container has ended and `only_alive`, the kernel does not support it, or memory in use
    /// exceeds it and cannot be freed; nothing has changed then.
    pub fn set_limit(
        &self,
        id: &ContainerId,
        change: LimitChange,
        only_alive: bool,
    ) -> Result<Updated, Error> {
        self.change_limits(id, only_alive, |current| {
            let mut wanted = current.clone();
            change.apply_to(&mut wanted);
            Ok(wanted)
        })
    }

    /// Sets one limit to `back`, if it still is `left`.
    ///
    /// # Errors
    /// As [`Manager::set_limit`], and when it was changed meanwhile.
    pub fn restore_limit(
        &self,
        id: &ContainerId,
        left: LimitChange,
        back: LimitChange,
    ) -> Result<Updated, Error> {
        self.change_limits(id, false, |current| {
            left.check_still(current)?;
            let mut wanted = current.clone();
            back.apply_to(&mut wanted);
            Ok(wanted)
        })
    }

    fn change_limits(
        &self,
        id: &ContainerId,
        only_alive: bool,
        change: impl FnOnce(&Limits) -> Result<Limits, Error>,
    ) -> Result<Updated, Error> {
        let _lock = self.store().lock(id)?;
        let mut record = self.load_whole(id, "update")?;
        if only_alive && !record.state.status.is_alive() {
            return Err(Error::limit_of_ended(&record));
        }
        let current = record.spec.limits.clone();
        let wanted = change(&current)?;
        wanted.check()?;
        let changes = differences(&current, &wanted);
        let live = record.state.status.is_alive();
        if changes.is_empty() {
            return Ok(Updated { changes, live });
        }
        if let Some(cpus) = &wanted.cpuset
            && wanted.cpuset != current.cpuset
        {
            cgroup::check_online(cpus)?;
        }
        let layout = &self.runtime.layout;
        // restores the saved limits; if that fails too, the first error is reported. The change may
        // have made a folder: the cgroup is opened again
        let roll_back = |wanted: &Limits| self.cgroup(id).update(layout, wanted, &current, true);
        let changed = || {
            fault::may_fail("update.limits")?;
            Ok::<_, Error>(self.cgroup(id).update(layout, &current, &wanted, false)?)
        };
        if live && let Err(error) = changed() {
            let _ = roll_back(&wanted);
            return Err(error);
        }
        record.spec.limits = wanted;
        let saved = fault::may_fail("update.record")
            .map_err(Error::from)
            .and_then(|()| Ok(self.store().save_spec(&record.spec)?));
        if let Err(error) = saved {
            if live {
                let _ = roll_back(&record.spec.limits);
            }
            return Err(error);
        }
        self.store().append_event_with(
            &record.spec,
            "limits changed",
            None,
            Some(changes.join(", ")),
        );
        Ok(Updated { changes, live })
    }
}

/// The differences between `old` and `new`, as text.
pub(crate) fn differences(old: &Limits, new: &Limits) -> Vec<String> {
    let words = |limit: &Limit, limits: &Limits| match limit.of(limits) {
        None => limit.unit.unset().to_owned(),
        Some(Amount::Cap(cap)) => format!("{:.0}% of a core", cap.cores() * 100.0),
        Some(Amount::Rates(devices)) => devices
            .iter()
            .map(IoLimit::words)
            .collect::<Vec<_>>()
            .join(" + "),
        Some(amount) => amount.words(),
    };
    LIMITS
        .iter()
        .map(|limit| (limit.name, words(limit, old), words(limit, new)))
        .filter(|(_, old, new)| old != new)
        .map(|(name, old, new)| format!("{name} {old} → {new}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_io_rate_changes_and_the_others_stay() {
        let current = Preset {
            device_read_bps: vec!["/dev/vda:10M".into()],
            device_write_iops: vec!["/dev/vda:100".into()],
            ..Preset::default()
        };
        let wanted = Preset {
            device_read_bps: vec!["/dev/vda:20M".into()],
            ..Preset::default()
        };
        let current = current.limits().unwrap();
        assert_eq!(
            differences(&current, &wanted.limits_over(&current).unwrap()),
            ["io /dev/vda rbps=10485760 wiops=100 → /dev/vda rbps=20971520 wiops=100"]
        );
    }

    #[test]
    fn unnamed_limits_stay_and_changes_are_listed() {
        let request = |memory: &str, cpu: &str| {
            let some = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
            Preset {
                memory: some(memory),
                cpu: some(cpu),
                ..Preset::default()
            }
        };
        let limits = |memory: &str, cpu: &str| request(memory, cpu).limits().unwrap();
        let current = limits("128", "512");
        let wanted = request("", "256").limits_over(&current).unwrap();
        assert_eq!(wanted.memory, Some(128 << 20));
        assert_eq!(
            differences(&current, &wanted),
            ["cpu 50% of a core → 25% of a core", "cpu shares 512 → 256"]
        );
        assert!(differences(&current, &current).is_empty());
        assert_eq!(
            differences(&Limits::default(), &limits("64", "")),
            ["memory unlimited → 64.0M"]
        );
    }
}
