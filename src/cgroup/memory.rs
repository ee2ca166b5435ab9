//! What the memory controller has besides the samples: OOM kills, the peak, the limit; and making
//! room before a limit shrinks.

use std::fs;

use super::apply::Cgroup;
use super::folders::write_file;
use super::{CgroupError, Controller, Version, parse};

/// v1 reads an unlimited cgroup's limit as the largest multiple of a page; nothing real is near.
const UNLIMITED: u64 = 1 << 62;
/// How often the kernel is asked to reclaim before a limit counts as too low.
const RECLAIMS: usize = 5;

impl Cgroup {
    /// Processes of it that the OOM killer killed, cgroups inside it included:
    /// `memory.oom_control` (Linux 4.13) or `memory.events`. `None` when it cannot be told. Read it
    /// before [`Cgroup::remove`].
    #[must_use]
    pub(crate) fn oom_kills(&self) -> Option<u64> {
        let (_, file) = self.file(Controller::Memory, "memory.oom_control", "memory.events")?;
        parse::field(&fs::read(file).ok()?, "oom_kill")
    }

    /// The most memory it ever used, in bytes: `memory.max_usage_in_bytes` or `memory.peak` (Linux
    /// 5.19).
    #[must_use]
    pub(crate) fn memory_peak(&self) -> Option<u64> {
        self.memory_figure("memory.max_usage_in_bytes", "memory.peak")
    }

    /// Its memory limit in bytes as the kernel has it, rounded to pages; `None` when unlimited or
    /// not to be told.
    #[must_use]
    pub(crate) fn memory_limit(&self) -> Option<u64> {
        self.memory_figure("memory.limit_in_bytes", "memory.max")
            .filter(|limit| *limit < UNLIMITED)
    }

    /// Memory charged to it now, in bytes.
    #[must_use]
    pub(crate) fn memory_usage(&self) -> Option<u64> {
        self.memory_figure("memory.usage_in_bytes", "memory.current")
    }

    fn memory_figure(&self, v1: &str, v2: &str) -> Option<u64> {
        let (_, file) = self.file(Controller::Memory, v1, v2)?;
        parse::number(&fs::read(file).ok()?)
    }

    /// v1 refuses a limit below what it cannot reclaim; v2 takes it and kills. Here v2 refuses too:
    /// reclaim first, then look. (`memory.reclaim` is Linux 5.19; before it, lowering `memory.high`
    /// for a moment does the same.)
    pub(super) fn reclaim_down_to(&self, limit: u64) -> Result<(), CgroupError> {
        let Some((Version::V2, max)) = self.file(Controller::Memory, "", "memory.max") else {
            return Ok(());
        };
        let over = || {
            self.memory_usage()
                .map_or(0, |used| used.saturating_sub(limit))
        };
        for _ in 0..RECLAIMS {
            if over() == 0 {
                return Ok(());
            }
            if write_file(&max.with_file_name("memory.reclaim"), &over().to_string()).is_err() {
                let high = max.with_file_name("memory.high");
                let before =
                    fs::read_to_string(&high).map_err(|e| CgroupError::io("read", &high, &e))?;
                let lowered = write_file(&high, &limit.to_string());
                write_file(&high, before.trim())
                    .map_err(|e| CgroupError::write(before.trim(), &high, &e))?;
                lowered.map_err(|e| CgroupError::write(&limit.to_string(), &high, &e))?;
            }
        }
        match over() {
            0 => Ok(()),
            over => Err(CgroupError::missing(
                format!("write \"{limit}\" to"),
                &max,
                format!(
                    "the container uses {over} bytes more than that, and they cannot be reclaimed"
                ),
                Some("stop something in the container, or allow more"),
            )),
        }
    }
}
