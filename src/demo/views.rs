//! The simulated world's sampler, watch and logs.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::connections::traffic;
use super::shared::Shared;
use crate::manager::{Error, LogSource, Sampling, Watching};
use crate::record::LogChunk;
use crate::record::Status;
use crate::spec::ContainerId;
use crate::stats::{Gap, HostSample, Snapshot};

const CORES: usize = 4;
const GIB: u64 = 1 << 30;
/// The host's own uptime when the demo begins.
const UPTIME: Duration = Duration::from_secs(273_600);
/// How often the watch advances the time, so that ends are noticed.
const TICK: Duration = Duration::from_millis(500);

/// Samples the simulated world.
pub(super) struct DemoSampler {
    shared: Arc<Shared>,
    /// CPU time of all containers at the last sample, and when that was.
    last: Option<(u64, Duration)>,
    busy: f64,
}

impl DemoSampler {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            last: None,
            busy: 0.4,
        }
    }
}

impl Sampling for DemoSampler {
    fn sample(&mut self) -> Snapshot {
        let world = self.shared.now();
        let alive = world
            .members
            .iter()
            .filter(|member| matches!(member.record.state.status, Status::Running { .. }));
        let samples: BTreeMap<_, _> = alive
            .map(|member| {
                (
                    member.record.spec.id.clone(),
                    member.simulation.sample.clone(),
                )
            })
            .collect();
        let traffic = world
            .members
            .iter()
            .filter(|member| samples.contains_key(&member.record.spec.id))
            .filter_map(|member| Some((member.record.spec.id.clone(), traffic(member)?)))
            .collect();
        let at = world.uptime();
        drop(world);
        let used: u64 = samples.values().filter_map(|sample| sample.cpu_usec).sum();
        if let Some((before, then)) = self.last
            && at > then
        {
            self.busy = used.saturating_sub(before) as f64 / (at - then).as_micros() as f64;
        }
        self.last = Some((used, at));
        let memory: u64 = samples.values().filter_map(|sample| sample.memory).sum();
        Snapshot {
            at,
            host: host(at, self.busy, memory),
            samples,
            traffic,
            gaps: vec![Gap {
                figure: "swap",
                reason: "the host has none".into(),
            }],
        }
    }
}

/// A host whose cores are loaded unevenly, with a little load of its own.
fn host(at: Duration, busy: f64, memory: u64) -> HostSample {
    let seconds = at.as_secs_f64();
    let shares = [0.45, 0.27, 0.18, 0.10];
    let cores = (0..CORES).map(|core| {
        let own = 0.03 + 0.02 * (seconds / 5.0 + core as f64 * 1.7).sin();
        (own + busy * shares[core]).clamp(0.0, 1.0) as f32
    });
    let drift = (seconds / 60.0).sin();
    HostSample {
        cores: cores.collect(),
        memory_total: 8 * GIB,
        memory_used: GIB + memory,
        swap_total: 0,
        swap_used: 0,
        load: [
            busy + 0.1 * drift.abs(),
            busy * 0.9 + 0.05,
            busy * 0.8 + 0.04,
        ],
        uptime: UPTIME + at,
        rx_rate: Some(busy * 1.1e6),
        tx_rate: Some(busy * 4.2e6),
    }
}

/// Waits for the simulated records to change.
pub(super) struct DemoWatch {
    shared: Arc<Shared>,
    seen: u64,
}

impl DemoWatch {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let seen = shared.now().version;
        Self { shared, seen }
    }
}

impl Watching for DemoWatch {
    fn wait(&mut self, timeout: Duration) -> Result<bool, Error> {
        let end = Instant::now() + timeout;
        loop {
            let world = self.shared.now();
            if world.version != self.seen {
                self.seen = world.version;
                return Ok(true);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            let waited = self.shared.changed.wait_timeout(world, left.min(TICK));
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
    }
}

/// Reads a simulated log.
pub(super) struct DemoLog {
    shared: Arc<Shared>,
    id: ContainerId,
    read: usize,
}

impl DemoLog {
    pub(super) fn new(shared: Arc<Shared>, id: ContainerId) -> Self {
        Self {
            shared,
            id,
            read: 0,
        }
    }
}

impl LogSource for DemoLog {
    fn read(&mut self, most: usize) -> Result<Vec<LogChunk>, Error> {
        let world = self.shared.now();
        let simulation = &world.find(&self.id)?.simulation;
        let skip = self.read.saturating_sub(simulation.dropped);
        let chunks: Vec<_> = simulation
            .log
            .iter()
            .skip(skip)
            .take(most)
            .cloned()
            .collect();
        self.read = skip + simulation.dropped + chunks.len();
        Ok(chunks)
    }
}
