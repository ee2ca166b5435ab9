//! [`Reading`]: the current figures of a container.

use std::time::Duration;

use crate::cgroup::{Io, Sample};
use crate::network::Traffic;

/// The current figures of a container: rates over the last tick, and the latest sample.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// CPU use in cores (0.25 is a quarter of one core). `None` until there are two samples.
    pub cpu_cores: Option<f64>,
    /// Share of the last tick spent throttled by the cap, 0 to 1 per running thread at most.
    pub throttled: Option<f64>,
    /// Bytes read from block devices a second.
    pub read_rate: Option<f64>,
    /// Bytes written to block devices a second.
    pub write_rate: Option<f64>,
    /// Bytes received a second.
    pub rx_rate: Option<f64>,
    /// Bytes sent a second.
    pub tx_rate: Option<f64>,
    /// What it received and sent so far; `None` without a network of its own.
    pub traffic: Option<Traffic>,
    /// The latest sample itself.
    pub sample: Sample,
}

impl Reading {
    /// The reading from the previous one and a sample, `elapsed` apart.
    pub(super) fn between(
        previous: Option<&Self>,
        sample: &Sample,
        traffic: Option<Traffic>,
        elapsed: Option<Duration>,
    ) -> Self {
        // a counter that went back belongs to a new cgroup (a restart): no rate for this tick
        let per_usec = |before: Option<u64>, now: Option<u64>| -> Option<f64> {
            Some(now?.checked_sub(before?)? as f64 / elapsed?.as_micros() as f64)
        };
        let rate = |figure: &dyn Fn(&Sample) -> Option<u64>| {
            per_usec(
                previous.and_then(|reading| figure(&reading.sample)),
                figure(sample),
            )
        };
        let bytes = |figure: fn(&Io) -> u64| {
            rate(&move |s| s.io.as_ref().map(figure)).map(|per_usec| per_usec * 1e6)
        };
        let network = |figure: fn(Traffic) -> u64| {
            let before = previous.and_then(|reading| reading.traffic);
            per_usec(before.map(figure), traffic.map(figure)).map(|per_usec| per_usec * 1e6)
        };
        Self {
            cpu_cores: rate(&|s| s.cpu_usec),
            throttled: rate(&|s| s.throttled_usec),
            read_rate: bytes(|io| io.read_bytes),
            write_rate: bytes(|io| io.write_bytes),
            rx_rate: network(|traffic| traffic.rx_bytes),
            tx_rate: network(|traffic| traffic.tx_bytes),
            traffic,
            sample: sample.clone(),
        }
    }
}
