//! The host's own figures.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use super::parse::{self, CoreTicks};

/// What the host uses at one moment.
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
}

/// Reads the host's figures from four files of `/proc` that it keeps open.
#[derive(Debug)]
pub struct HostSampler {
    stat: Option<File>,
    meminfo: Option<File>,
    loadavg: Option<File>,
    uptime: Option<File>,
    last: Vec<CoreTicks>,
    cores: Vec<f32>,
    buffer: Vec<u8>,
}

impl Default for HostSampler {
    fn default() -> Self {
        Self::new()
    }
}

impl HostSampler {
    /// Opens the files and takes the first look at the cores: the first sample tells their use since now.
    #[must_use]
    pub fn new() -> Self {
        let open = |path: &str| File::open(path).ok();
        let mut sampler = Self {
            stat: open("/proc/stat"),
            meminfo: open("/proc/meminfo"),
            loadavg: open("/proc/loadavg"),
            uptime: open("/proc/uptime"),
            last: Vec::new(),
            cores: Vec::new(),
            buffer: vec![0; 8192],
        };
        sampler.look_at_cores();
        sampler
    }

    /// The figures now; the cores' over the time since the last call.
    pub fn sample(&mut self) -> HostSample {
        self.look_at_cores();
        let memory = read(&self.meminfo, &mut self.buffer).and_then(parse::memory).unwrap_or_default();
        let load = read(&self.loadavg, &mut self.buffer).and_then(parse::load).unwrap_or_default();
        let uptime = read(&self.uptime, &mut self.buffer).and_then(parse::uptime).unwrap_or_default();
        HostSample {
            cores: self.cores.clone(),
            memory_total: memory.total,
            memory_used: memory.total.saturating_sub(memory.available),
            swap_total: memory.swap_total,
            swap_used: memory.swap_total.saturating_sub(memory.swap_free),
            load,
            uptime: Duration::from_secs_f64(uptime),
        }
    }

    fn look_at_cores(&mut self) {
        let Some(text) = read(&self.stat, &mut self.buffer) else {
            return;
        };
        let now: Vec<CoreTicks> = parse::core_ticks(text).collect();
        if let Some(cores) = busy_shares(&self.last, &now, &self.cores) {
            self.cores = cores;
            self.last = now;
        }
    }
}

/// Busy share of each core between two looks; `None` when no tick has passed. A core without a past (the first look, or
/// just switched on) shows its share since boot, one on which no tick was counted what it showed before.
fn busy_shares(last: &[CoreTicks], now: &[CoreTicks], shown: &[f32]) -> Option<Vec<f32>> {
    if last == now {
        return None;
    }
    let shares = now.iter().enumerate().map(|(position, core)| {
        let before = last.iter().find(|before| before.core == core.core).copied().unwrap_or_default();
        // the kernel lets idle and iowait of a core go back a little
        let (busy, idle) = (core.busy.saturating_sub(before.busy), core.idle.saturating_sub(before.idle));
        match busy + idle {
            0 => shown.get(position).copied().unwrap_or(0.0),
            all => busy as f32 / all as f32,
        }
    });
    Some(shares.collect())
}

/// The whole of a `/proc` file, made anew at offset 0.
fn read<'a>(file: &Option<File>, buffer: &'a mut Vec<u8>) -> Option<&'a str> {
    loop {
        match file.as_ref()?.read_at(buffer, 0).ok()? {
            n if n == buffer.len() => buffer.resize(n * 2, 0),
            n => return std::str::from_utf8(&buffer[..n]).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(core: usize, busy: u64, idle: u64) -> CoreTicks {
        CoreTicks { core, busy, idle }
    }

    #[test]
    fn shares_between_two_looks() {
        let last = [ticks(0, 100, 100), ticks(1, 50, 50), ticks(2, 7, 7)];
        let now = [ticks(0, 130, 110), ticks(1, 50, 40), ticks(2, 7, 7), ticks(3, 1, 3)];
        let shown = [0.1, 0.2, 0.3];
        assert_eq!(busy_shares(&last, &now, &shown), Some(vec![0.75, 0.2, 0.3, 0.25]));
        assert_eq!(busy_shares(&last, &last, &shown), None, "no tick has passed");
    }

    #[test]
    fn this_host_has_figures() {
        let mut sampler = HostSampler::new();
        let sample = sampler.sample();
        assert_eq!(sample.cores.len(), sampler.last.len());
        assert!(!sample.cores.is_empty() && sample.cores.iter().all(|share| (0.0..=1.0).contains(share)));
        assert!(sample.memory_used > 0 && sample.memory_used < sample.memory_total);
        assert!(sample.swap_used <= sample.swap_total);
        let later = sampler.sample();
        assert!(later.uptime >= sample.uptime && sample.uptime > Duration::ZERO);
    }
}
