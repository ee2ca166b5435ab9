//! [`Limits`]: what a container may use. Each is an `Option`: no limit is not a limit of zero.

use serde::{Deserialize, Serialize};

use super::SpecError;

/// The least memory limit we accept, in bytes: below it not even `/bin/sh` starts.
pub const MIN_MEMORY: u64 = 1 << 20;
/// Range of cgroup v1 `cpu.shares` (kernel: Documentation/scheduler/sched-design-CFS.rst;
/// `MIN_SHARES`, `MAX_SHARES`).
pub const MIN_CPU_SHARES: u64 = 2;
/// See [`MIN_CPU_SHARES`].
pub const MAX_CPU_SHARES: u64 = 262_144;
/// The kernel's default bandwidth period, in microseconds.
const DEFAULT_PERIOD_USEC: u64 = 100_000;
/// The kernel's least quota, in microseconds (`min_cfs_quota_period`).
const MIN_QUOTA_USEC: u64 = 1_000;

/// A cap on CPU time: at most `quota_usec` of CPU in each `period_usec` of wall time.
/// (kernel: Documentation/scheduler/sched-bwc.rst; OCI runtime spec, config-linux.md#cpu)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CpuLimit {
    /// CPU microseconds in each period.
    pub quota_usec: u64,
    /// Length of a period in microseconds, 1,000 to 1,000,000.
    pub period_usec: u64,
}

impl CpuLimit {
    /// The cap for thousandths of a core, with the kernel's default period.
    #[must_use]
    pub fn from_millicores(millicores: u64) -> Self {
        let quota = (millicores.saturating_mul(DEFAULT_PERIOD_USEC) / 1000).max(MIN_QUOTA_USEC);
        Self {
            quota_usec: quota,
            period_usec: DEFAULT_PERIOD_USEC,
        }
    }

    /// The cap that `shares` / 1024 of a core stands for.
    #[must_use]
    pub fn from_shares(shares: u64) -> Self {
        let quota = (shares.saturating_mul(DEFAULT_PERIOD_USEC) / 1024).max(MIN_QUOTA_USEC);
        Self {
            quota_usec: quota,
            period_usec: DEFAULT_PERIOD_USEC,
        }
    }

    /// The cap in cores (0.5 is half a core).
    #[must_use]
    pub fn cores(&self) -> f64 {
        self.quota_usec as f64 / self.period_usec as f64
    }
}

/// What a container may use. `None` is "not limited".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Hard memory limit in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// Swap in bytes beyond memory. `Some(0)` allows none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swap: Option<u64>,
    /// Cap on CPU time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<CpuLimit>,
    /// Relative weight in cgroup v1 shares, 1024 being the default; converted for v2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_shares: Option<u64>,
    /// CPU time saved up in quiet periods that may be used beyond the cap, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_burst_usec: Option<u64>,
    /// CPUs it may run on, as the kernel lists them: `0-2,4`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpuset: Option<String>,
    /// Memory in bytes above which it is slowed down and reclaimed from, but not killed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_high: Option<u64>,
    /// Memory in bytes that is reclaimed only when nothing else is left to reclaim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_low: Option<u64>,
    /// Memory in bytes that is never reclaimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_min: Option<u64>,
    /// Whether want of memory kills everything in it, rather than one process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oom_group: Option<bool>,
    /// Most processes and threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pids: Option<u64>,
    /// Weight of its block I/O, 1 to 10000, 100 being usual.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub io_weight: Option<u64>,
    /// Most block I/O, by device.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub io: Vec<IoLimit>,
}

/// Most I/O on one block device.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IoLimit {
    /// Absolute path of the device.
    pub device: String,
    /// Bytes read a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_bps: Option<u64>,
    /// Bytes written a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write_bps: Option<u64>,
    /// Reads a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_iops: Option<u64>,
    /// Writes a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write_iops: Option<u64>,
}

impl Limits {
    /// Whether the limits go together.
    ///
    /// # Errors
    /// [`SpecError`] naming the one that does not.
    pub fn check(&self) -> Result<(), SpecError> {
        match self.cpu {
            None if self.cpu_burst_usec.is_some() => Err(SpecError::new(
                "cpu-burst",
                "time can be saved up only under a cap: give --cpus or --cpu too",
            )),
            _ => Ok(()),
        }
    }
}

impl IoLimit {
    /// In words, as `io.max` has them: `/dev/sda rbps=10485760 wiops=50`.
    #[must_use]
    pub fn words(&self) -> String {
        let rates = [
            ("rbps", self.read_bps),
            ("wbps", self.write_bps),
            ("riops", self.read_iops),
            ("wiops", self.write_iops),
        ];
        let given = rates
            .iter()
            .filter_map(|(word, rate)| rate.map(|rate| format!(" {word}={rate}")));
        std::iter::once(self.device.clone()).chain(given).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caps() {
        assert_eq!(
            CpuLimit::from_shares(512),
            CpuLimit {
                quota_usec: 50_000,
                period_usec: 100_000
            }
        );
        assert_eq!(CpuLimit::from_shares(256).cores(), 0.25);
        assert_eq!(CpuLimit::from_millicores(1500).cores(), 1.5);
        assert_eq!(
            CpuLimit::from_shares(2).quota_usec,
            1_000,
            "the kernel refuses less than 1 ms"
        );
        assert!(
            CpuLimit::from_shares(u64::MAX).quota_usec > 0,
            "no overflow"
        );
    }
}
