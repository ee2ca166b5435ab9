//! [`Series`]: the recent history of one container, each figure in a ring of fixed length.

use super::Reading;
use crate::cgroup::{Pressure, Sample};

/// A figure with a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    /// CPU use in cores.
    Cpu,
    /// Time throttled by the CPU cap, in seconds of each second.
    Throttled,
    /// Memory in bytes.
    Memory,
    /// Processes and threads.
    Pids,
    /// Bytes read from block devices a second.
    Read,
    /// Bytes written to block devices a second.
    Write,
    /// Bytes received a second.
    NetRx,
    /// Bytes sent a second.
    NetTx,
    /// Percent of the last 10 s in which some task waited for a CPU.
    PsiCpu,
    /// The same for memory.
    PsiMemory,
    /// The same for block devices.
    PsiIo,
    /// Peak memory, in bytes.
    MemoryPeak,
    /// Number of OOM kills.
    OomKills,
}

impl Figure {
    /// Every figure, in the order in which reports list them.
    pub const ALL: [Self; 13] = [
        Self::Cpu,
        Self::Throttled,
        Self::Memory,
        Self::Pids,
        Self::Read,
        Self::Write,
        Self::NetRx,
        Self::NetTx,
        Self::PsiCpu,
        Self::PsiMemory,
        Self::PsiIo,
        Self::MemoryPeak,
        Self::OomKills,
    ];

    /// Its name in reports, with its unit.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Cpu => "cpu_cores",
            Self::Throttled => "throttled_cores",
            Self::Memory => "memory_bytes",
            Self::Pids => "pids",
            Self::Read => "io_read_bytes_per_second",
            Self::Write => "io_write_bytes_per_second",
            Self::NetRx => "network_receive_bytes_per_second",
            Self::NetTx => "network_transmit_bytes_per_second",
            Self::PsiCpu => "psi_cpu_percent",
            Self::PsiMemory => "psi_memory_percent",
            Self::PsiIo => "psi_io_percent",
            Self::MemoryPeak => "memory_peak_bytes",
            Self::OomKills => "oom_kills",
        }
    }

    /// The name under which a host's lack of it is reported ([`super::Gap`]).
    #[must_use]
    pub fn gap(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Throttled => "throttling",
            Self::Memory => "memory",
            Self::Pids => "pids",
            Self::Read | Self::Write => "io",
            Self::NetRx | Self::NetTx => "network",
            Self::PsiCpu | Self::PsiMemory | Self::PsiIo => "psi",
            Self::MemoryPeak => "memory peak",
            Self::OomKills => "oom kills",
        }
    }

    fn of(self, reading: &Reading) -> f32 {
        let sample = &reading.sample;
        let pressure = |figure: fn(&Pressure) -> Option<f32>| {
            sample.psi.as_ref().and_then(figure).map(f64::from)
        };
        let value = match self {
            Self::Cpu => reading.cpu_cores,
            Self::Throttled => reading.throttled,
            Self::Memory => sample.memory.map(|bytes| bytes as f64),
            Self::Pids => sample.pids.map(|count| count as f64),
            Self::Read => reading.read_rate,
            Self::Write => reading.write_rate,
            Self::NetRx => reading.rx_rate,
            Self::NetTx => reading.tx_rate,
            Self::PsiCpu => pressure(|psi| psi.cpu),
            Self::PsiMemory => pressure(|psi| psi.memory),
            Self::PsiIo => pressure(|psi| psi.io),
            Self::MemoryPeak => sample.memory_peak.map(|bytes| bytes as f64),
            Self::OomKills => sample.oom_kills.map(|kills| kills as f64),
        };
        value.map_or(f32::NAN, |value| value as f32)
    }
}

/// The rings of one container: a tick has the same index in each. Memory is kept with 24 bits of
/// precision.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Ring after ring, in the order of [`Figure::ALL`].
    values: Box<[f32]>,
    length: usize,
    first: u64,
    last: u64,
}

impl Series {
    /// Rings of `length` ticks, fully allocated. The first tick will be `tick`.
    pub(super) fn new(length: usize, tick: u64) -> Self {
        let length = length.max(1);
        Self {
            values: vec![f32::NAN; length * Figure::ALL.len()].into(),
            length,
            first: tick,
            last: tick,
        }
    }

    /// Writes the figures of `tick`; ticks skipped since the last one have none.
    pub(super) fn write(&mut self, tick: u64, reading: &Reading) {
        let length = self.length as u64;
        for missed in (self.last + 1..tick).rev().take(self.length) {
            for ring in 0..Figure::ALL.len() {
                self.values[ring * self.length + (missed % length) as usize] = f32::NAN;
            }
        }
        for (ring, figure) in Figure::ALL.into_iter().enumerate() {
            self.values[ring * self.length + (tick % length) as usize] = figure.of(reading);
        }
        self.last = tick;
    }

    /// The last tick with figures.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.last
    }

    /// The figure at `tick`; `None` when there was none, or it is no longer kept.
    #[must_use]
    pub fn value(&self, figure: Figure, tick: u64) -> Option<f64> {
        if tick < self.first || tick > self.last || tick + self.length as u64 <= self.last {
            return None;
        }
        let ring = Figure::ALL.iter().position(|other| *other == figure)?;
        let value = self.values[ring * self.length + (tick % self.length as u64) as usize];
        Some(f64::from(value)).filter(|value| !value.is_nan())
    }

    /// The values of `figure` from `tick` back, the newest first: `NaN` where there is none, and it
    /// ends at the oldest that is kept.
    pub fn back_from(&self, figure: Figure, tick: u64) -> impl Iterator<Item = f64> + '_ {
        let ring = Figure::ALL.iter().position(|other| *other == figure);
        let ring = &self.values[ring.unwrap_or_default() * self.length..][..self.length];
        let oldest = (self.last + 1)
            .saturating_sub(self.length as u64)
            .max(self.first);
        (oldest..=tick).rev().map(move |tick| {
            if tick > self.last {
                return f64::NAN;
            }
            f64::from(ring[(tick % self.length as u64) as usize])
        })
    }

    /// The reading at `tick`, as far as it is kept; `None` when there was none.
    #[must_use]
    pub fn reading(&self, tick: u64) -> Option<Reading> {
        let value = |figure| self.value(figure, tick);
        let count = |figure| value(figure).map(|value| value as u64);
        let share = |figure| value(figure).map(|value| value as f32);
        let psi = Pressure {
            cpu: share(Figure::PsiCpu),
            memory: share(Figure::PsiMemory),
            io: share(Figure::PsiIo),
        };
        let sample = Sample {
            memory: count(Figure::Memory),
            memory_peak: count(Figure::MemoryPeak),
            oom_kills: count(Figure::OomKills),
            pids: count(Figure::Pids),
            psi: Some(psi).filter(|psi| *psi != Pressure::default()),
            ..Sample::default()
        };
        let reading = Reading {
            cpu_cores: value(Figure::Cpu),
            throttled: value(Figure::Throttled),
            read_rate: value(Figure::Read),
            write_rate: value(Figure::Write),
            rx_rate: value(Figure::NetRx),
            tx_rate: value(Figure::NetTx),
            traffic: None,
            sample,
        };
        Some(reading).filter(|reading| *reading != Reading::default())
    }
}
