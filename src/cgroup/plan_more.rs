//! The plan for what not every kernel has: CPU burst and cpuset, memory protection and OOM policy,
//! block I/O.

use std::os::unix::fs::{FileTypeExt, MetadataExt};

use nix::sys::stat::{major, minor};

use super::plan::Planner;
use super::{CgroupError, Controller, Version};
use crate::spec::IoLimit;

/// The rate that v1 takes for "no limit".
const NO_RATE_V1: u64 = 0;

impl Planner<'_> {
    pub(super) fn memory_high(&mut self, bytes: Option<u64>) -> Result<(), CgroupError> {
        self.memory_file(
            "slowed down by memory use",
            "memory.high",
            bytes_or(bytes, "max"),
            None,
        )
    }

    pub(super) fn memory_low(&mut self, bytes: Option<u64>) -> Result<(), CgroupError> {
        let v1 = ("memory.soft_limit_in_bytes", bytes_or(bytes, "-1"));
        self.memory_file(
            "protected from reclaim",
            "memory.low",
            bytes_or(bytes, "0"),
            Some(v1),
        )
    }

    pub(super) fn memory_min(&mut self, bytes: Option<u64>) -> Result<(), CgroupError> {
        self.memory_file(
            "kept from reclaim",
            "memory.min",
            bytes_or(bytes, "0"),
            None,
        )
    }

    pub(super) fn oom_group(&mut self, group: bool) -> Result<(), CgroupError> {
        self.memory_file(
            "killed as a group when memory runs out",
            "memory.oom.group",
            u8::from(group).to_string(),
            None,
        )
    }

    /// The devices that change, and those that are limited no longer.
    pub(super) fn io(
        &mut self,
        limits: &[IoLimit],
        current: &[IoLimit],
    ) -> Result<(), CgroupError> {
        for limit in limits.iter().filter(|limit| !current.contains(limit)) {
            self.device(limit)?;
        }
        let is_gone = |old: &&IoLimit| limits.iter().all(|new| new.device != old.device);
        for gone in current.iter().filter(is_gone) {
            self.device(&IoLimit {
                device: gone.device.clone(),
                ..IoLimit::default()
            })?;
        }
        Ok(())
    }

    /// kernel: Documentation/scheduler/sched-bwc.rst, "Burst".
    pub(super) fn burst(&mut self, usec: u64) -> Result<(), CgroupError> {
        match self.version(Controller::Cpu, "CPU bursts")? {
            Some(v @ Version::V1) => {
                self.write(Controller::Cpu, v, "cpu.cfs_burst_us", usec.to_string())
            }
            Some(v @ Version::V2) => {
                self.write(Controller::Cpu, v, "cpu.max.burst", usec.to_string())
            }
            None => {}
        }
        Ok(())
    }

    /// An empty list gives v2's children what their parent has; v1 has no such word, so there it is
    /// not taken back.
    pub(super) fn cpuset(&mut self, cpus: Option<&str>) -> Result<(), CgroupError> {
        match (
            self.version(Controller::Cpuset, "the CPUs to run on")?,
            cpus,
        ) {
            (Some(v), Some(cpus)) => {
                self.write(Controller::Cpuset, v, "cpuset.cpus", cpus.to_owned())
            }
            (Some(v @ Version::V2), None) => {
                self.write(Controller::Cpuset, v, "cpuset.cpus", String::new())
            }
            (Some(Version::V1), None) | (None, _) => {}
        }
        Ok(())
    }

    /// A file that v2 has; on v1 another, or none: then the limit cannot be given there.
    fn memory_file(
        &mut self,
        what: &str,
        v2: &'static str,
        value: String,
        v1: Option<(&'static str, String)>,
    ) -> Result<(), CgroupError> {
        match (self.version(Controller::Memory, what)?, v1) {
            (Some(v @ Version::V2), _) => self.write(Controller::Memory, v, v2, value),
            (Some(v @ Version::V1), Some((file, value))) => {
                self.write(Controller::Memory, v, file, value)
            }
            (Some(Version::V1), None) => {
                let reason = format!("only cgroup v2 has {v2}, and memory is on v1 here");
                self.refuse::<()>(
                    Controller::Memory,
                    what,
                    &reason,
                    Some("leave it out, accept to run without it (--best-effort), or boot with cgroup v2"),
                )?;
            }
            (None, _) => {}
        }
        Ok(())
    }

    pub(super) fn io_weight(&mut self, weight: u64) -> Result<(), CgroupError> {
        match self.version(Controller::Io, "the I/O weight")? {
            // BFQ's file: 1 to 1000 (kernel: Documentation/block/bfq-iosched.rst)
            Some(v @ Version::V1) => self.write(
                Controller::Io,
                v,
                "blkio.bfq.weight",
                weight.min(1000).to_string(),
            ),
            Some(v @ Version::V2) => {
                self.write(Controller::Io, v, "io.weight", format!("default {weight}"))
            }
            None => {}
        }
        Ok(())
    }

    /// v1: one file a rate (Documentation/admin-guide/cgroup-v1/blkio-controller.rst); v2: one line
    /// (cgroup-v2.rst, "io.max").
    fn device(&mut self, limit: &IoLimit) -> Result<(), CgroupError> {
        let what = format!("I/O on {}", limit.device);
        let Some(version) = self.version(Controller::Io, &what)? else {
            return Ok(());
        };
        let Some(number) = device_number(&limit.device) else {
            self.refuse::<()>(
                Controller::Io,
                &what,
                "it is not a block device of this host",
                Some("name a whole disk, such as /dev/sda"),
            )?;
            return Ok(());
        };
        let rates = [
            ("rbps", "blkio.throttle.read_bps_device", limit.read_bps),
            ("wbps", "blkio.throttle.write_bps_device", limit.write_bps),
            ("riops", "blkio.throttle.read_iops_device", limit.read_iops),
            (
                "wiops",
                "blkio.throttle.write_iops_device",
                limit.write_iops,
            ),
        ];
        match version {
            Version::V1 => {
                for (_, file, rate) in rates {
                    self.write(
                        Controller::Io,
                        version,
                        file,
                        format!("{number} {}", rate.unwrap_or(NO_RATE_V1)),
                    );
                }
            }
            Version::V2 => {
                let words = rates.map(|(word, _, rate)| {
                    format!(
                        "{word}={}",
                        rate.map_or("max".to_owned(), |r| r.to_string())
                    )
                });
                self.write(
                    Controller::Io,
                    version,
                    "io.max",
                    format!("{number} {}", words.join(" ")),
                );
            }
        }
        Ok(())
    }
}

fn bytes_or(bytes: Option<u64>, none: &str) -> String {
    bytes.map_or(none.to_owned(), |bytes| bytes.to_string())
}

/// `MAJOR:MINOR` of a block device: the one thing that a plan asks the host.
fn device_number(path: &str) -> Option<String> {
    let metadata = std::fs::metadata(path).ok()?;
    let number = metadata.rdev();
    metadata
        .file_type()
        .is_block_device()
        .then(|| format!("{}:{}", major(number), minor(number)))
}

#[cfg(test)]
#[path = "plan_io_tests.rs"]
mod io_tests;
