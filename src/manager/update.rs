//! `update`: other limits for a container, live while it runs, and kept for its next start.

use super::{Error, LimitChange, Manager, Updated};
use crate::spec::{ContainerId, IoLimit, Limits, Preset, format_bytes};
use crate::sys::fault;

impl Manager {
    /// Changes its limits to what `request` asks for; what it does not name stays.
    ///
    /// # Errors
    /// When an amount is wrong, this kernel cannot give it, or less memory is asked for than is in
    /// use; nothing has changed then.
    pub fn update(&self, id: &ContainerId, request: &Preset) -> Result<Updated, Error> {
        let asked = request.limits()?;
        self.change_limits(id, |current| laid_over(current, asked))
    }

    /// Sets one limit, live while it runs.
    ///
    /// # Errors
    /// When this kernel cannot give it, or less memory is asked for than can be freed; nothing has
    /// changed then.
    pub fn set_limit(&self, id: &ContainerId, change: LimitChange) -> Result<Updated, Error> {
        self.change_limits(id, |current| {
            let mut wanted = current.clone();
            change.lay_over(&mut wanted);
            wanted
        })
    }

    fn change_limits(
        &self,
        id: &ContainerId,
        change: impl FnOnce(&Limits) -> Limits,
    ) -> Result<Updated, Error> {
        let _lock = self.store().lock(id)?;
        let mut record = self.load_whole(id, "update")?;
        let current = record.spec.limits.clone();
        let wanted = change(&current);
        wanted.check()?;
        let changes = differences(&current, &wanted);
        let live = record.state.status.is_alive();
        if changes.is_empty() {
            return Ok(Updated { changes, live });
        }
        let cgroup = self.cgroup(id);
        // what was written goes back to what is saved; should that fail too, the first error is the
        // one to tell
        let take_back =
            |wanted: &Limits| cgroup.update(&self.runtime.layout, wanted, &current, true);
        let changed = || {
            fault::may_fail("update.limits")?;
            Ok::<_, Error>(cgroup.update(&self.runtime.layout, &current, &wanted, false)?)
        };
        if live && let Err(error) = changed() {
            let _ = take_back(&wanted);
            return Err(error);
        }
        record.spec.limits = wanted;
        let saved = fault::may_fail("update.record")
            .map_err(Error::from)
            .and_then(|()| Ok(self.store().save_spec(&record.spec)?));
        if let Err(error) = saved {
            if live {
                let _ = take_back(&record.spec.limits);
            }
            return Err(error);
        }
        self.store().tell_more(
            &record.spec,
            "limits changed",
            None,
            Some(changes.join(", ")),
        );
        Ok(Updated { changes, live })
    }
}

fn laid_over(current: &Limits, asked: Limits) -> Limits {
    Limits {
        memory: asked.memory.or(current.memory),
        swap: asked.swap.or(current.swap),
        cpu: asked.cpu.or(current.cpu),
        cpu_shares: asked.cpu_shares.or(current.cpu_shares),
        pids: asked.pids.or(current.pids),
        cpu_burst_usec: asked.cpu_burst_usec.or(current.cpu_burst_usec),
        cpuset: asked.cpuset.or_else(|| current.cpuset.clone()),
        memory_high: asked.memory_high.or(current.memory_high),
        memory_low: asked.memory_low.or(current.memory_low),
        memory_min: asked.memory_min.or(current.memory_min),
        oom_group: asked.oom_group.or(current.oom_group),
        io_weight: asked.io_weight.or(current.io_weight),
        io: if asked.io.is_empty() {
            current.io.clone()
        } else {
            asked.io
        },
    }
}

/// What `new` changes in `old`, a sentence for each limit.
pub(crate) fn differences(old: &Limits, new: &Limits) -> Vec<String> {
    let bytes = |amount: Option<u64>| amount.map_or("unlimited".to_owned(), format_bytes);
    let count = |amount: Option<u64>| amount.map_or("unlimited".to_owned(), |n| n.to_string());
    let cap = |limits: &Limits| {
        limits.cpu.map_or("unlimited".to_owned(), |cpu| {
            format!("{:.0}% of a core", cpu.cores() * 100.0)
        })
    };
    let cpus = |limits: &Limits| limits.cpuset.clone().unwrap_or_else(|| "all".into());
    let policy = |limits: &Limits| {
        if limits.oom_group == Some(true) {
            "group".to_owned()
        } else {
            "process".into()
        }
    };
    let io = |limits: &Limits| match limits.io.is_empty() {
        true => "unlimited".to_owned(),
        false => limits
            .io
            .iter()
            .map(IoLimit::words)
            .collect::<Vec<_>>()
            .join(" + "),
    };
    let pairs = [
        ("memory", bytes(old.memory), bytes(new.memory)),
        ("swap", bytes(old.swap), bytes(new.swap)),
        ("cpu", cap(old), cap(new)),
        ("cpu shares", count(old.cpu_shares), count(new.cpu_shares)),
        ("pids", count(old.pids), count(new.pids)),
        (
            "cpu burst (µs)",
            count(old.cpu_burst_usec),
            count(new.cpu_burst_usec),
        ),
        ("cpuset", cpus(old), cpus(new)),
        (
            "memory high",
            bytes(old.memory_high),
            bytes(new.memory_high),
        ),
        ("memory low", bytes(old.memory_low), bytes(new.memory_low)),
        ("memory min", bytes(old.memory_min), bytes(new.memory_min)),
        ("oom policy", policy(old), policy(new)),
        ("io weight", count(old.io_weight), count(new.io_weight)),
        ("io", io(old), io(new)),
    ];
    pairs
        .into_iter()
        .filter(|(_, old, new)| old != new)
        .map(|(what, old, new)| format!("{what} {old} → {new}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_stays_and_changes_are_told() {
        let limits = |memory: &str, cpu: &str| {
            let some = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
            Preset {
                memory: some(memory),
                cpu: some(cpu),
                ..Preset::default()
            }
            .limits()
            .unwrap()
        };
        let current = limits("128", "512");
        let wanted = laid_over(&current, limits("", "256"));
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
