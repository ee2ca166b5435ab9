//! The host's own figures.

use std::time::Duration;

use sysinfo::System;

use super::traffic::HostTraffic;

/// The host's usage at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HostSample {
    /// Busy share of each core over the last tick, 0 to 1.
    pub cores: Vec<f32>,
    /// Memory in bytes.
    pub memory_total: u64,
    /// Memory in use (total − available), in bytes.
    pub memory_used: u64,
    /// Swap in bytes; 0 when the host has none.
    pub swap_total: u64,
    /// Swap in use, in bytes.
    pub swap_used: u64,
    /// Load averages over 1, 5 and 15 minutes.
    pub load: [f64; 3],
    /// Time since boot.
    pub uptime: Duration,
    /// Bytes that the physical interfaces received a second; `None` until there are two samples,
    /// and without such an interface.
    pub rx_rate: Option<f64>,
    /// Bytes that they sent a second.
    pub tx_rate: Option<f64>,
}

/// Reads the host's figures (sysinfo does, from `/proc`; the network's are ours).
#[derive(Debug)]
pub struct HostSampler {
    system: System,
    traffic: HostTraffic,
}

impl Default for HostSampler {
    fn default() -> Self {
        Self::new()
    }
}

impl HostSampler {
    /// Takes the baseline of the cores: the first sample covers the time since now.
    #[must_use]
    pub fn new() -> Self {
        let mut system = System::new();
        system.refresh_cpu_usage();
        let mut traffic = HostTraffic::default();
        traffic.rates();
        Self { system, traffic }
    }

    /// The figures now; the cores' over the time since the last call.
    pub fn sample(&mut self) -> HostSample {
        self.system.refresh_cpu_usage();
        self.system.refresh_memory();
        let load = System::load_average();
        let rates = self.traffic.rates();
        HostSample {
            cores: self
                .system
                .cpus()
                .iter()
                .map(|core| (core.cpu_usage() / 100.0).clamp(0.0, 1.0))
                .collect(),
            memory_total: self.system.total_memory(),
            memory_used: self
                .system
                .total_memory()
                .saturating_sub(self.system.available_memory()),
            swap_total: self.system.total_swap(),
            swap_used: self.system.used_swap(),
            load: [load.one, load.five, load.fifteen],
            uptime: Duration::from_secs(System::uptime()),
            rx_rate: rates.map(|(rx, _)| rx),
            tx_rate: rates.map(|(_, tx)| tx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_host_has_figures() {
        let mut sampler = HostSampler::new();
        std::thread::sleep(sysinfo::MINIMUM_CPU_UPDATE_INTERVAL);
        let spun = std::time::Instant::now();
        while spun.elapsed() < sysinfo::MINIMUM_CPU_UPDATE_INTERVAL {
            std::hint::spin_loop();
        }
        let sample = sampler.sample();
        assert_eq!(
            sample.cores.len(),
            std::thread::available_parallelism().unwrap().get()
        );
        assert!(sample.cores.iter().all(|share| (0.0..=1.0).contains(share)));
        assert!(
            sample.cores.iter().any(|share| *share > 0.0),
            "this very test kept a core busy: {:?}",
            sample.cores
        );
        assert!(sample.memory_used > 0 && sample.memory_used < sample.memory_total);
        assert!(sample.swap_used <= sample.swap_total && sample.uptime > Duration::ZERO);
    }
}
