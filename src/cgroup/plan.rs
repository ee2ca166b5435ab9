//! Limits into writes: which value goes into which file of which tree, in an order that the kernel
//! accepts. Pure.

use std::path::Path;

use super::{CgroupError, Controller, Layout, Version};
use crate::spec::{CpuLimit, DEFAULT_PIDS, Limits, MAX_CPU_SHARES, MIN_CPU_SHARES};

/// v1 `cpu.shares` and v2 `cpu.weight` of a cgroup nobody has touched.
const DEFAULT_SHARES: u64 = 1024;
/// The kernel's `PID_MAX_LIMIT`: it refuses a larger number where it means no limit at all.
const PID_MAX_LIMIT: u64 = 4_194_304;
const DEFAULT_PERIOD_USEC: u64 = 100_000;
/// v2 `io.weight` of a cgroup nobody has touched.
const DEFAULT_IO_WEIGHT: u64 = 100;

/// What to do about a limit that this host cannot give.
pub(super) const LEAVE_OUT: &str = "leave it out";

/// One value for one file of a container's cgroup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// Whose tree the file is in.
    pub controller: Controller,
    /// Which interface that tree has.
    pub version: Version,
    /// The file's name.
    pub file: &'static str,
    /// What to write.
    pub value: String,
    /// Nobody asked for it: it follows from another limit, and is left out where the kernel does
    /// not have the file.
    pub implied: bool,
}

/// The writes that bring a container's cgroup from one set of limits to another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// In the order to write them.
    pub writes: Vec<Write>,
    /// Limits that this host cannot give, one sentence each; only with `best_effort`.
    pub skipped: Vec<String>,
}

/// The writes that turn `current` limits into `limits`; a cgroup just made has `Limits::default()`.
/// Memory without a word about swap allows no swap beyond it, where the kernel accounts swap.
///
/// # Errors
/// When a limit needs a controller that this host does not have; with `best_effort` it is skipped
/// instead.
pub fn plan(
    limits: &Limits,
    current: &Limits,
    layout: &Layout,
    best_effort: bool,
) -> Result<Plan, CgroupError> {
    let mut planner = Planner {
        layout,
        best_effort,
        plan: Plan::default(),
    };
    // by name and without `..`: a limit that nobody plans does not compile
    let Limits {
        memory,
        swap,
        cpu,
        cpu_shares,
        pids,
        cpu_burst_usec,
        cpuset,
        memory_high,
        memory_low,
        memory_min,
        oom_group,
        io_weight,
        io,
    } = limits;
    if (*memory, *swap) != (current.memory, current.swap) {
        planner.memory(limits, current)?;
    }
    if *cpu_shares != current.cpu_shares {
        planner.shares(cpu_shares.unwrap_or(DEFAULT_SHARES))?;
    }
    // the kernel refuses a quota below the burst, so the burst is lowered before and raised after it
    if *cpu_burst_usec < current.cpu_burst_usec {
        planner.burst(cpu_burst_usec.unwrap_or(0))?;
    }
    if *cpu != current.cpu {
        planner.cpu(*cpu)?;
    }
    if *cpu_burst_usec > current.cpu_burst_usec {
        planner.burst(cpu_burst_usec.unwrap_or(0))?;
    }
    if *cpuset != current.cpuset {
        planner.cpuset(cpuset.as_deref())?;
    }
    if *memory_high != current.memory_high {
        planner.memory_high(*memory_high)?;
    }
    if *memory_low != current.memory_low {
        planner.memory_low(*memory_low)?;
    }
    if *memory_min != current.memory_min {
        planner.memory_min(*memory_min)?;
    }
    if oom_group.unwrap_or(false) != current.oom_group.unwrap_or(false) {
        planner.oom_group(*oom_group == Some(true))?;
    }
    if *io_weight != current.io_weight {
        planner.io_weight(io_weight.unwrap_or(DEFAULT_IO_WEIGHT))?;
    }
    if *io != current.io {
        planner.io(io, &current.io)?;
    }
    if *pids != current.pids {
        planner.pids(*pids)?;
    }
    Ok(planner.plan)
}

pub(super) struct Planner<'a> {
    layout: &'a Layout,
    best_effort: bool,
    plan: Plan,
}

impl Planner<'_> {
    pub(super) fn version(
        &mut self,
        controller: Controller,
        flag: &'static str,
    ) -> Result<Option<Version>, CgroupError> {
        let hierarchy = self.layout.hierarchy(controller).filter(|h| !h.read_only);
        if let Some(found) = hierarchy {
            return Ok(Some(found.version));
        }
        let reason = self
            .layout
            .why_missing(controller)
            .unwrap_or("there is no such controller")
            .to_owned();
        self.refuse(controller, flag, &reason, LEAVE_OUT)
    }

    pub(super) fn refuse<T>(
        &mut self,
        controller: Controller,
        flag: &'static str,
        reason: &str,
        remedy: &str,
    ) -> Result<Option<T>, CgroupError> {
        if self.best_effort {
            self.plan
                .skipped
                .push(format!("--{flag} is not applied: {reason}"));
            return Ok(None);
        }
        let place = self
            .mount(controller)
            .unwrap_or(Path::new("/sys/fs/cgroup"));
        Err(CgroupError::limit(flag, place, reason, remedy))
    }

    /// Where the tree of `controller` is mounted.
    pub(super) fn mount(&self, controller: Controller) -> Option<&Path> {
        self.layout.hierarchy(controller).map(|h| h.mount.as_path())
    }

    pub(super) fn write(
        &mut self,
        controller: Controller,
        version: Version,
        file: &'static str,
        value: String,
    ) {
        self.plan.writes.push(Write {
            controller,
            version,
            file,
            value,
            implied: false,
        });
    }

    fn memory(&mut self, limits: &Limits, current: &Limits) -> Result<(), CgroupError> {
        let Some(version) = self.version(Controller::Memory, "memory")? else {
            return Ok(());
        };
        match version {
            Version::V1 => self.memory_v1(limits, current),
            Version::V2 => {
                self.memory_v2(limits, current);
                Ok(())
            }
        }
    }

    /// v1 limits memory, and memory + swap (`memsw`), and refuses any step that would leave memsw
    /// below memory (kernel: Documentation/admin-guide/cgroup-v1/memory.rst).
    fn memory_v1(&mut self, limits: &Limits, current: &Limits) -> Result<(), CgroupError> {
        if limits.memory.is_none() && limits.swap.is_some() {
            let reason = "cgroup v1 limits swap only together with memory";
            self.refuse::<()>(
                Controller::Memory,
                "swap",
                reason,
                "give a memory limit too",
            )?;
        }
        let memsw = |l: &Limits| l.memory.map(|m| m.saturating_add(l.swap.unwrap_or(0)));
        let (old, new) = (memsw(current), memsw(limits));
        let bytes = |value: Option<u64>| value.map_or("-1".into(), |v| v.to_string());
        let memory = (limits.memory != current.memory).then(|| Write {
            controller: Controller::Memory,
            version: Version::V1,
            file: "memory.limit_in_bytes",
            value: bytes(limits.memory),
            implied: false,
        });
        let both = (new != old).then(|| Write {
            controller: Controller::Memory,
            version: Version::V1,
            file: "memory.memsw.limit_in_bytes",
            value: bytes(new),
            implied: limits.swap.is_none(),
        });
        let more_than_old_both = old.is_some_and(|old| limits.memory.is_none_or(|m| m > old));
        let ordered = if more_than_old_both {
            [both, memory]
        } else {
            [memory, both]
        };
        self.plan.writes.extend(ordered.into_iter().flatten());
        Ok(())
    }

    /// v2 limits memory and swap each by itself (kernel: Documentation/admin-guide/cgroup-v2.rst).
    /// Swap first when it shrinks is of no use: whatever order, the kernel reclaims what is over.
    fn memory_v2(&mut self, limits: &Limits, current: &Limits) {
        let swap = |l: &Limits| l.swap.or(l.memory.map(|_| 0));
        let bytes = |value: Option<u64>| value.map_or("max".into(), |v| v.to_string());
        if limits.memory != current.memory {
            self.write(
                Controller::Memory,
                Version::V2,
                "memory.max",
                bytes(limits.memory),
            );
        }
        if swap(limits) != swap(current) {
            self.plan.writes.push(Write {
                controller: Controller::Memory,
                version: Version::V2,
                file: "memory.swap.max",
                value: bytes(swap(limits)),
                implied: limits.swap.is_none(),
            });
        }
    }

    fn shares(&mut self, shares: u64) -> Result<(), CgroupError> {
        match self.version(Controller::Cpu, "cpu-shares")? {
            Some(v @ Version::V1) => {
                self.write(Controller::Cpu, v, "cpu.shares", shares.to_string())
            }
            Some(v @ Version::V2) => self.write(
                Controller::Cpu,
                v,
                "cpu.weight",
                weight_from_shares(shares).to_string(),
            ),
            None => {}
        }
        Ok(())
    }

    fn pids(&mut self, max: Option<u64>) -> Result<(), CgroupError> {
        // the default, which nobody asked for, is not insisted on
        self.best_effort |= max == Some(DEFAULT_PIDS);
        if let Some(version) = self.version(Controller::Pids, "pids-limit")? {
            let value = max
                .filter(|max| *max <= PID_MAX_LIMIT)
                .map_or("max".into(), |max| max.to_string());
            self.write(Controller::Pids, version, "pids.max", value);
        }
        Ok(())
    }

    /// kernel: Documentation/scheduler/sched-bwc.rst.
    fn cpu(&mut self, cap: Option<CpuLimit>) -> Result<(), CgroupError> {
        match (self.version(Controller::Cpu, "cpus")?, cap) {
            (Some(v @ Version::V1), Some(cap)) => {
                self.write(
                    Controller::Cpu,
                    v,
                    "cpu.cfs_period_us",
                    cap.period_usec.to_string(),
                );
                self.write(
                    Controller::Cpu,
                    v,
                    "cpu.cfs_quota_us",
                    cap.quota_usec.to_string(),
                );
            }
            (Some(v @ Version::V1), None) => {
                self.write(Controller::Cpu, v, "cpu.cfs_quota_us", "-1".into())
            }
            (Some(v @ Version::V2), Some(cap)) => {
                self.write(
                    Controller::Cpu,
                    v,
                    "cpu.max",
                    format!("{} {}", cap.quota_usec, cap.period_usec),
                );
            }
            (Some(v @ Version::V2), None) => self.write(
                Controller::Cpu,
                v,
                "cpu.max",
                format!("max {DEFAULT_PERIOD_USEC}"),
            ),
            (None, _) => {}
        }
        Ok(())
    }
}

/// v1 shares (2 to 262144, 1024 by default) as a v2 weight (1 to 10000, 100 by default): the curve
/// through these three points that runc 1.3.2 and crun 1.23 use in place of the older straight
/// line, which made 39 of 1024 (opencontainers/cgroups pull request 20, containers/crun pull
/// request 1767).
#[must_use]
pub(crate) fn weight_from_shares(shares: u64) -> u64 {
    if shares <= MIN_CPU_SHARES {
        return 1;
    }
    if shares >= MAX_CPU_SHARES {
        return 10_000;
    }
    let l = (shares as f64).log2();
    let exponent = (l * l + 125.0 * l) / 612.0 - 7.0 / 34.0;
    // a rounding error in the last digits must not be rounded up to a whole step
    (10f64.powf(exponent) - 1e-9).ceil() as u64
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
