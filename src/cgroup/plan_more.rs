//! The plan for what not every kernel has: CPU burst and cpuset, memory protection and OOM policy,
//! block I/O.

use std::os::unix::fs::{FileTypeExt, MetadataExt};

use nix::sys::stat::{major, minor};

use super::plan::{LEAVE_OUT, Planner};
use super::{CgroupError, Controller, Version};
use crate::spec::IoLimit;

/// The rate that v1 takes for "no limit".
const NO_RATE_V1: u64 = 0;
/// The flag of the CPUs to run on.
pub(super) const CPUSET: &str = "cpuset-cpus";
/// What to do about CPUs that the host lacks.
pub(super) const OTHER_CPUS: &str = "name some of those";

impl Planner<'_> {
    pub(super) fn memory_high(&mut self, bytes: Option<u64>) -> Result<(), CgroupError> {
        self.memory_file("memory-high", "memory.high", bytes_or(bytes, "max"), None)
    }

    pub(super) fn memory_low(&mut self, bytes: Option<u64>) -> Result<(), CgroupError> {
        let v1 = ("memory.soft_limit_in_bytes", bytes_or(bytes, "-1"));
        self.memory_file("memory-low", "memory.low", bytes_or(bytes, "0"), Some(v1))
    }

    pub(super) fn memory_min(&mut self, bytes: Option<u64>) -> Result<(), CgroupError> {
        self.memory_file("memory-min", "memory.min", bytes_or(bytes, "0"), None)
    }

    pub(super) fn oom_group(&mut self, group: bool) -> Result<(), CgroupError> {
        self.memory_file(
            "oom-policy",
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
        match self.version(Controller::Cpu, "cpu-burst")? {
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

    /// An empty list gives v2's children what their parent has; v1 has no such word, so there all
    /// that the parent has are named. CPUs that the host does not have are refused here: the kernel
    /// says ERANGE or EINVAL, which help nobody.
    pub(super) fn cpuset(&mut self, cpus: Option<&str>) -> Result<(), CgroupError> {
        let Some(version) = self.version(Controller::Cpuset, CPUSET)? else {
            return Ok(());
        };
        let here = self.cpus_here(version);
        let value = match (cpus, here, version) {
            (Some(cpus), Some(here), _) if !has_cpus(&here, cpus) => {
                let reason = format!("this host has CPUs {here}, not all of {cpus}");
                self.refuse::<()>(Controller::Cpuset, CPUSET, &reason, OTHER_CPUS)?;
                return Ok(());
            }
            (Some(cpus), ..) => cpus.to_owned(),
            (None, _, Version::V2) => String::new(),
            (None, Some(here), Version::V1) => here,
            (None, None, Version::V1) => return Ok(()),
        };
        self.write(Controller::Cpuset, version, "cpuset.cpus", value);
        Ok(())
    }

    /// The CPUs of the tree that containers are in; `None` when that cannot be read, and the kernel
    /// decides.
    fn cpus_here(&self, version: Version) -> Option<String> {
        let file = match version {
            Version::V1 => "cpuset.cpus",
            Version::V2 => "cpuset.cpus.effective",
        };
        let path = self.mount(Controller::Cpuset)?.join(file);
        let text = std::fs::read_to_string(path).ok()?;
        Some(text.trim().to_owned()).filter(|list| !list.is_empty())
    }

    /// A file that v2 has; on v1 another, or none: then the limit cannot be given there.
    fn memory_file(
        &mut self,
        flag: &'static str,
        v2: &'static str,
        value: String,
        v1: Option<(&'static str, String)>,
    ) -> Result<(), CgroupError> {
        match (self.version(Controller::Memory, flag)?, v1) {
            (Some(v @ Version::V2), _) => self.write(Controller::Memory, v, v2, value),
            (Some(v @ Version::V1), Some((file, value))) => {
                self.write(Controller::Memory, v, file, value)
            }
            (Some(Version::V1), None) => {
                let reason = "needs cgroup v2 (memory is on v1 here)";
                self.refuse::<()>(Controller::Memory, flag, reason, LEAVE_OUT)?;
            }
            (None, _) => {}
        }
        Ok(())
    }

    pub(super) fn io_weight(&mut self, weight: u64) -> Result<(), CgroupError> {
        match self.version(Controller::Io, "io-weight")? {
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
        let flag = rate_flag(limit);
        let Some(version) = self.version(Controller::Io, flag)? else {
            return Ok(());
        };
        let Some(number) = device_number(&limit.device) else {
            let reason = format!("{} is not a block device of this host", limit.device);
            let remedy = "name a whole disk, such as /dev/sda";
            self.refuse::<()>(Controller::Io, flag, &reason, remedy)?;
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

/// Whether every CPU of the list `asked` is in the list `here` (cpuset(7), "List format").
pub(super) fn has_cpus(here: &str, asked: &str) -> bool {
    let ranges = |list: &str| -> Vec<(u32, u32)> {
        let number = |text: &str| text.trim().parse::<u32>().ok();
        list.split(',')
            .filter_map(|part| {
                let (first, last) = part.split_once('-').unwrap_or((part, part));
                number(first).zip(number(last))
            })
            .collect()
    };
    let here = ranges(here);
    ranges(asked)
        .into_iter()
        .flat_map(|(first, last)| first..=last)
        .all(|cpu| {
            here.iter()
                .any(|(first, last)| (*first..=*last).contains(&cpu))
        })
}

/// The flag of the first rate that is limited; of one that is lifted, any does.
fn rate_flag(limit: &IoLimit) -> &'static str {
    match limit {
        IoLimit {
            read_bps: Some(_), ..
        } => "device-read-bps",
        IoLimit {
            write_bps: Some(_), ..
        } => "device-write-bps",
        IoLimit {
            read_iops: Some(_), ..
        } => "device-read-iops",
        IoLimit {
            write_iops: Some(_),
            ..
        } => "device-write-iops",
        _ => "device-read-bps",
    }
}

fn bytes_or(bytes: Option<u64>, none: &str) -> String {
    bytes.map_or(none.to_owned(), |bytes| bytes.to_string())
}

/// `MAJOR:MINOR` of a block device. This and the CPUs are all that a plan asks the host.
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

#[cfg(test)]
#[path = "plan_cpuset_tests.rs"]
mod cpuset_tests;
