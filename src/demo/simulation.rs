//! [`Simulation`]: the resource use and output of one simulated container.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use super::containers::Behaviour;
use crate::cgroup::{Io, Pressure, Sample};
use crate::record::LogChunk;
use crate::spec::Limits;

/// Maximum number of log entries kept of one container.
const MAX_LOG_ENTRIES: usize = 5_000;
/// The period of CPU caps, in microseconds, as in the kernel.
const PERIOD_USEC: u64 = 100_000;
/// Bytes read a second for each core in use.
const READ_PER_CORE: f64 = 400_000.0;
/// Bytes written for each line of output.
const WRITE_PER_LINE: f64 = 6_000.0;
/// The output of a busy server.
const LINES: [(bool, &str); 7] = [
    (false, "GET /index.html 200 1532"),
    (false, "GET /static/app.css 200 8812"),
    (
        false,
        "\u{1b}[32mok\u{1b}[0m checkpoint complete: 214 buffers",
    ),
    (false, "POST /api/orders 201 96"),
    (
        true,
        "warning: slow query, 812 ms: SELECT * FROM orders WHERE total > 100 ORDER BY placed_at DESC",
    ),
    (false, "GET /api/orders?page=2 200 4410"),
    (true, "GET /favicon.ico 404 0"),
];

/// The resource use and output of one container.
#[derive(Debug, Clone)]
pub(super) struct Simulation {
    behaviour: Behaviour,
    /// Its figures now.
    pub sample: Sample,
    memory: f64,
    /// Its log, across lives.
    pub log: VecDeque<LogChunk>,
    /// Entries that are no longer kept.
    pub dropped: usize,
    phase: f64,
    written: u64,
}

impl Simulation {
    /// A simulation of this behaviour; `phase` shifts its variation against others.
    pub(super) fn new(behaviour: Behaviour, phase: f64) -> Self {
        Self {
            behaviour,
            sample: Sample::default(),
            memory: 0.0,
            log: VecDeque::new(),
            dropped: 0,
            phase,
            written: 0,
        }
    }

    /// Resets it, as at a start: counters at zero, memory at its initial value.
    pub(super) fn begin(&mut self) {
        self.memory = self.behaviour.memory as f64;
        self.sample = Sample {
            cpu_usec: Some(0),
            throttled_usec: Some(0),
            nr_throttled: Some(0),
            nr_periods: Some(0),
            memory: Some(self.behaviour.memory),
            memory_peak: Some(self.behaviour.memory),
            oom_kills: Some(0),
            pids: Some(self.behaviour.pids),
            io: Some(Io::default()),
            psi: Some(Pressure {
                cpu: Some(0.0),
                memory: Some(0.0),
                io: Some(0.0),
            }),
            ..Sample::default()
        };
    }

    /// Advances by `step`, at `now` seconds of the demo. Returns whether it has exceeded its memory
    /// limit.
    pub(super) fn advance(&mut self, step: Duration, now: f64, limits: &Limits) -> bool {
        let wave =
            (now / 7.0 + self.phase).sin() * 0.6 + (now / 2.3 + self.phase * 3.0).sin() * 0.4;
        let wanted = (self.behaviour.cores * (1.0 + self.behaviour.swing * wave)).max(0.0);
        let cap = limits.cpu.map_or(f64::INFINITY, |cpu| cpu.cores());
        let usec = step.as_micros() as f64;
        add(&mut self.sample.cpu_usec, wanted.min(cap) * usec);
        let periods = step.as_micros() as u64 / PERIOD_USEC;
        add(&mut self.sample.nr_periods, periods as f64);
        if wanted > cap {
            add(&mut self.sample.throttled_usec, (wanted - cap) * usec);
            add(&mut self.sample.nr_throttled, periods as f64);
        }
        self.wait(step, wanted, cap);
        self.memory = (self.memory + self.behaviour.growth * step.as_secs_f64())
            .min(self.behaviour.ceiling as f64);
        let breathing = (now / 3.1 + self.phase).sin() * self.behaviour.memory as f64 * 0.01;
        let used = (self.memory + breathing).max(4096.0) as u64;
        let (used, outgrown) = match limits.memory {
            Some(limit) if used >= limit => (limit, self.memory >= limit as f64),
            _ => (used, false),
        };
        self.sample.memory = Some(used);
        self.sample.memory_peak = self.sample.memory_peak.max(Some(used));
        outgrown
    }

    /// Updates what it reads and writes, and its pressure, which comes from its CPU cap.
    fn wait(&mut self, step: Duration, wanted: f64, cap: f64) {
        let seconds = step.as_secs_f64();
        if let Some(io) = &mut self.sample.io {
            io.read_bytes += (wanted * READ_PER_CORE * seconds) as u64;
            io.write_bytes +=
                (WRITE_PER_LINE / self.behaviour.chatter.max(1) as f64 * seconds) as u64;
        }
        if let Some(psi) = &mut self.sample.psi {
            let refused =
                ((wanted - cap) / wanted.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0) as f32 * 100.0;
            // the kernel's average over ten seconds
            let share = (seconds / 10.0) as f32;
            psi.cpu = psi.cpu.map(|before| before + (refused - before) * share);
            psi.io = psi
                .io
                .map(|before| before + (wanted as f32 * 2.0 - before) * share);
        }
    }

    /// Writes its output of second number `second`.
    pub(super) fn write(&mut self, second: u64, at: Timestamp) {
        if !second.is_multiple_of(self.behaviour.chatter) {
            return;
        }
        let (stderr, text) = LINES[(self.written % LINES.len() as u64) as usize];
        self.written += 1;
        self.say(at, stderr, text);
    }

    /// Writes `text`.
    pub(super) fn say(&mut self, at: Timestamp, stderr: bool, text: &str) {
        if self.log.len() >= MAX_LOG_ENTRIES {
            self.log.pop_front();
            self.dropped += 1;
        }
        self.log.push_back(LogChunk {
            at,
            stderr,
            bytes: text.as_bytes().to_vec(),
            full: true,
        });
    }
}

fn add(counter: &mut Option<u64>, amount: f64) {
    *counter = Some(counter.unwrap_or(0) + amount.round() as u64);
}
