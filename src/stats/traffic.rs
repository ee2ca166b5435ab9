//! [`TrafficSampler`]: what one container receives and sends, read at its pace; [`HostTraffic`]: the
//! host's rates.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Instant;

use crate::network::{Traffic, TrafficReader, not_loopback};
use crate::record::{Process, is_alive};

/// A network without interfaces is looked at again every this many ticks: few ever get one.
const EMPTY_INTERVAL: u64 = 5;
/// The host's interfaces are listed again every this many ticks.
const LIST_INTERVAL: u64 = 30;
/// Where the kernel lists interfaces (sysfs(5)).
const INTERFACES: &str = "/sys/class/net";

/// Samples the traffic of one container.
#[derive(Debug)]
pub(super) struct TrafficSampler {
    init: Process,
    reader: TrafficReader,
    /// Whether it had an interface when it was last read.
    connected: bool,
}

impl TrafficSampler {
    /// Opens the network of `init`.
    ///
    /// # Errors
    /// As open(2), also when `init` has ended and its pid is another's.
    pub(super) fn open(init: &Process) -> io::Result<Self> {
        let reader = TrafficReader::open(init.pid.cast_unsigned())?;
        if !is_alive(init) {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(Self {
            init: init.clone(),
            reader,
            connected: true,
        })
    }

    /// Whether it is that of `init`.
    pub(super) fn is_of(&self, init: &Process) -> bool {
        self.init == *init
    }

    /// The traffic so far; `turn` counts ticks, staggered among containers.
    pub(super) fn read(&mut self, buffer: &mut Vec<u8>, turn: u64) -> Option<Traffic> {
        if !self.connected && !turn.is_multiple_of(EMPTY_INTERVAL) {
            return None;
        }
        let traffic = self.reader.read(buffer, not_loopback).ok().flatten();
        self.connected = traffic.is_some();
        traffic
    }
}

/// Samples the host's own traffic: that of its physical interfaces. What containers send among each
/// other goes over virtual ones, and what leaves the host would be counted twice with them.
#[derive(Debug, Default)]
pub(super) struct HostTraffic {
    reader: Option<TrafficReader>,
    physical: BTreeSet<Vec<u8>>,
    ticks: u64,
    last: Option<(Instant, Traffic)>,
    buffer: Vec<u8>,
}

impl HostTraffic {
    /// Bytes received and sent a second since the last call; `None` at the first, and without a
    /// physical interface.
    pub(super) fn rates(&mut self) -> Option<(f64, f64)> {
        if self.ticks.is_multiple_of(LIST_INTERVAL) {
            self.physical = physical(Path::new(INTERFACES));
            self.reader = TrafficReader::open(std::process::id()).ok();
        }
        self.ticks += 1;
        let physical = &self.physical;
        let counts = |name: &[u8]| physical.contains(name);
        let read = self.reader.as_ref()?.read(&mut self.buffer, counts);
        let now = read.ok().flatten().map(|traffic| (Instant::now(), traffic));
        let before = std::mem::replace(&mut self.last, now);
        let ((then, before), (now, after)) = (before?, now?);
        let seconds = now.duration_since(then).as_secs_f64();
        let rate = |figure: fn(Traffic) -> u64| {
            let bytes = figure(after).checked_sub(figure(before))?;
            Some(bytes as f64 / seconds).filter(|rate| rate.is_finite())
        };
        Some((rate(|t| t.rx_bytes)?, rate(|t| t.tx_bytes)?))
    }
}

/// The interfaces in `folder` that stand for a device.
fn physical(folder: &Path) -> BTreeSet<Vec<u8>> {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.path().join("device").exists())
        .map(|entry| entry.file_name().as_bytes().to_vec())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::identify;

    #[test]
    fn a_reused_pid_is_not_sampled() {
        let me = identify(std::process::id() as i32).unwrap();
        let mut sampler = TrafficSampler::open(&me).unwrap();
        assert!(sampler.is_of(&me));
        let mut buffer = Vec::new();
        assert_eq!(
            sampler.read(&mut buffer, 1).is_some(),
            sampler.connected,
            "as this host has interfaces or none"
        );
        let reused = Process {
            start_ticks: me.start_ticks + 1,
            ..me
        };
        assert!(!sampler.is_of(&reused) && TrafficSampler::open(&reused).is_err());
    }

    #[test]
    fn a_network_without_interfaces_is_seldom_read() {
        let me = identify(std::process::id() as i32).unwrap();
        let mut sampler = TrafficSampler::open(&me).unwrap();
        sampler.connected = false;
        let mut buffer = Vec::new();
        assert_eq!(sampler.read(&mut buffer, EMPTY_INTERVAL + 1), None);
        assert!(buffer.is_empty(), "nothing was read");
        let _ = sampler.read(&mut buffer, EMPTY_INTERVAL);
        assert!(!buffer.is_empty());
    }

    #[test]
    fn virtual_interfaces_are_not_the_hosts() {
        let folder = std::env::temp_dir().join(format!("minic-net-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("eth0/device")).unwrap();
        std::fs::create_dir_all(folder.join("veth1")).unwrap();
        let found = physical(&folder);
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(found, BTreeSet::from([b"eth0".to_vec()]));
        assert!(physical(Path::new("/nowhere")).is_empty());
    }

    #[test]
    fn the_hosts_rates_need_two_readings() {
        let mut host = HostTraffic::default();
        assert_eq!(host.rates(), None);
        let second = host.rates();
        assert_eq!(
            second.is_some(),
            !physical(Path::new(INTERFACES)).is_empty()
        );
    }
}
