//! [`HostDisks`]: what the host reads from and writes to its disks; [`pressure`]: how long its tasks
//! wait.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::cgroup::{Pressure, parse};

/// The host's disks are listed again every this many ticks.
const LIST_INTERVAL: u64 = 30;
/// Where the kernel lists block devices (sysfs(5)).
const DEVICES: &str = "/sys/block";
/// What each has done since boot (proc(5)).
const COUNTERS: &str = "/proc/diskstats";
/// Its unit, whatever the device's own sectors are.
const SECTOR: u64 = 512;

/// Samples the host's disks: its devices. What is written to a mapped or loop device reaches one of
/// them, and would be counted twice.
#[derive(Debug, Default)]
pub(super) struct HostDisks {
    devices: BTreeSet<String>,
    ticks: u64,
    last: Option<(Instant, (u64, u64))>,
}

impl HostDisks {
    /// Bytes read and written a second since the last call; `None` at the first, and without a
    /// device.
    pub(super) fn rates(&mut self) -> Option<(f64, f64)> {
        if self.ticks.is_multiple_of(LIST_INTERVAL) {
            self.devices = devices(Path::new(DEVICES));
        }
        self.ticks += 1;
        let text = fs::read_to_string(COUNTERS).ok();
        let now = text.and_then(|text| counted(&text, &self.devices));
        let now = now.map(|bytes| (Instant::now(), bytes));
        let before = std::mem::replace(&mut self.last, now);
        let ((then, before), (now, after)) = (before?, now?);
        let seconds = now.duration_since(then).as_secs_f64();
        let rate = |before: u64, after: u64| {
            let bytes = after.checked_sub(before)?;
            Some(bytes as f64 / seconds).filter(|rate| rate.is_finite())
        };
        Some((rate(before.0, after.0)?, rate(before.1, after.1)?))
    }
}

/// Bytes read and written by `devices` since boot; `None` when none of them is counted.
fn counted(text: &str, devices: &BTreeSet<String>) -> Option<(u64, u64)> {
    let lines = text.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let [_, _, name, _, _, read, _, _, _, written, ..] = fields.as_slice() else {
            return None;
        };
        let bytes = |sectors: &str| Some(sectors.parse::<u64>().ok()?.saturating_mul(SECTOR));
        let counts = devices.contains(*name);
        counts.then_some((bytes(read)?, bytes(written)?))
    });
    lines.reduce(|(read, written), (more_read, more_written)| {
        (
            read.saturating_add(more_read),
            written.saturating_add(more_written),
        )
    })
}

/// The block devices in `folder` that stand for hardware.
fn devices(folder: &Path) -> BTreeSet<String> {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.path().join("device").exists())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

/// The host's pressure; `None` where the kernel does not tell it.
pub(super) fn pressure() -> Option<Pressure> {
    let some = |of: &str| {
        let bytes = fs::read(format!("/proc/pressure/{of}")).ok()?;
        parse::some_avg10(&bytes)
    };
    let pressure = Pressure {
        cpu: some("cpu"),
        memory: some("memory"),
        io: some("io"),
    };
    (pressure != Pressure::default()).then_some(pressure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_devices_are_counted() {
        let text = " 7 0 loop0 9 9 9 9 9 9 9 9 9 9 9\n 254 0 vda 10 0 100 5 20 0 200 9 0 1 1 0 0 0 0 0 0\n 254 1 vda1 10 0 100 5 20 0 200 9 0 1 1\n 254 16 vdb 1 0 4 5 1 0 2 9 0 1 1\n";
        let of = |names: &[&str]| counted(text, &names.iter().map(|n| (*n).to_owned()).collect());
        assert_eq!(of(&["vda"]), Some((51_200, 102_400)));
        assert_eq!(of(&["vda", "vdb"]), Some((53_248, 103_424)));
        assert_eq!(of(&["sda"]), None);
        assert_eq!(counted("nonsense", &["vda".to_owned()].into()), None);
    }

    #[test]
    fn the_first_look_has_no_rate() {
        assert_eq!(HostDisks::default().rates(), None);
    }
}
