//! [`Group`]: the containers of one label in the list, and what they use together.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Model;
use crate::record::{Health, Record, Status};
use crate::stats::{Figure, Reading};
use crate::tui::row_text;
use crate::tui::wording::is_unexpected;

/// Ticks of the CPU history that a group's row can show.
const HISTORY: usize = 60;

/// A row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// The head of a group, as an index into the list's groups.
    Group(usize),
    /// A container, as an index into the model's records.
    Container(usize),
}

/// The containers of one group that are shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its containers in the order of the list, as indices into the model's records.
    pub members: Vec<usize>,
    /// Those of them in each state, as indices: the worst state first.
    pub states: BTreeMap<Badness, Vec<usize>>,
    /// How many of them run.
    pub running: usize,
    /// The worst health of those that have a check.
    pub health: Option<Health>,
    /// What they use together.
    pub sums: Sums,
    /// Their CPU use together, the newest first; `NaN` where there is none.
    pub history: Vec<f64>,
}

/// Figures of a group; `None` where no container has one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sums {
    /// CPU use in cores.
    pub cpu: Option<f64>,
    /// Their CPU limits in cores; `None` when one of them has none.
    pub cpu_limit: Option<f64>,
    /// Memory in bytes.
    pub memory: Option<u64>,
    /// Their memory limits in bytes; `None` when one of them has none.
    pub memory_limit: Option<u64>,
    /// Processes and threads.
    pub pids: Option<u64>,
    /// Bytes read and written a second.
    pub disk: Option<(f64, f64)>,
    /// Bytes received and sent a second.
    pub network: Option<(f64, f64)>,
    /// The worst pressure of any: of what, and in how much of the time.
    pub pressure: Option<(&'static str, f32)>,
    /// Restarts.
    pub restarts: u64,
}

/// How bad a state is; the worst comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Badness {
    /// Its record cannot be read.
    Broken,
    /// It ended, and was not asked to.
    Failed,
    /// It is frozen.
    Paused,
    /// It ended.
    Stopped,
    /// It was never started.
    Created,
    /// It runs.
    Running,
}

impl Badness {
    fn of(status: &Status) -> Self {
        match status {
            Status::Broken { .. } => Self::Broken,
            Status::Stopped { cause, .. } if is_unexpected(cause) => Self::Failed,
            Status::Paused { .. } => Self::Paused,
            Status::Stopped { .. } => Self::Stopped,
            Status::Created => Self::Created,
            Status::Running { .. } => Self::Running,
        }
    }

    /// Its word in a count: `2 running`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Failed => "failed",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Created => "created",
            Self::Running => "running",
        }
    }
}

impl Group {
    /// The group `name` of the records at `members`.
    pub(super) fn of(name: String, members: Vec<usize>, model: &Model) -> Self {
        let mut group = Self {
            name,
            states: BTreeMap::new(),
            running: 0,
            health: None,
            sums: Sums::default(),
            history: Vec::new(),
            members,
        };
        let mut limits = Limits::default();
        for at in &group.members {
            let record = &model.records[*at];
            let state = Badness::of(&record.state.status);
            group.states.entry(state).or_default().push(*at);
            group.health = worse(group.health, record.state.health);
            group.sums.restarts += u64::from(record.state.restarts);
            if model.running_since(record).is_none() {
                continue;
            }
            group.running += 1;
            limits.add(record, model);
            if let Some(reading) = model.reading(record) {
                group.sums.add(&reading);
            }
            let back = model
                .history
                .back_from(&record.spec.id, Figure::Cpu, model.tick());
            add_history(&mut group.history, back);
        }
        (group.sums.cpu_limit, group.sums.memory_limit) = (limits.cpu, limits.memory);
        group
    }

    /// The container whose state is the worst.
    #[must_use]
    pub fn worst(&self) -> usize {
        let states = self.states.values().flatten();
        states.copied().next().unwrap_or_default()
    }

    /// Its containers by their state and health, the worst first, as indices into `records`.
    #[must_use]
    pub fn worst_first(&self, records: &[Record]) -> Vec<usize> {
        let mut all: Vec<usize> = Vec::with_capacity(self.members.len());
        for members in self.states.values() {
            let from = all.len();
            all.extend(members);
            all[from..].sort_by_key(|at| Reverse(records[*at].state.health.map(badness)));
        }
        all
    }

    /// How many are in which state: `2 running, 1 failed`.
    #[must_use]
    pub fn counts(&self) -> String {
        let counts = self.states.iter().rev();
        counts
            .map(|(state, all)| format!("{} {}", all.len(), state.word()))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

impl Sums {
    fn add(&mut self, reading: &Reading) {
        let sample = &reading.sample;
        let more = |sum: Option<u64>, figure: Option<u64>| match (sum, figure) {
            (Some(sum), Some(figure)) => Some(sum.saturating_add(figure)),
            (sum, figure) => sum.or(figure),
        };
        if let Some(cores) = reading.cpu_cores {
            self.cpu = Some(self.cpu.unwrap_or(0.0) + cores);
        }
        self.memory = more(self.memory, sample.memory);
        self.pids = more(self.pids, sample.pids);
        let both = |sum: &mut Option<(f64, f64)>, one: Option<f64>, other: Option<f64>| {
            if let Some((one, other)) = one.zip(other) {
                let (all_of_one, all_of_other) = sum.unwrap_or_default();
                *sum = Some((all_of_one + one, all_of_other + other));
            }
        };
        both(&mut self.disk, reading.read_rate, reading.write_rate);
        both(&mut self.network, reading.rx_rate, reading.tx_rate);
        let pressure = row_text::worst_pressure(reading);
        if pressure.map(|(_, share)| share) > self.pressure.map(|(_, share)| share) {
            self.pressure = pressure;
        }
    }
}

/// The limits of containers, added up as long as each has one.
#[derive(Default)]
struct Limits {
    some: bool,
    cpu: Option<f64>,
    memory: Option<u64>,
}

impl Limits {
    fn add(&mut self, record: &Record, model: &Model) {
        let limits = model.handles.limits(&record.spec.id, &record.spec.limits);
        let cpu = limits.cpu.map(|cpu| cpu.cores());
        if self.some {
            self.cpu = self.cpu.zip(cpu).map(|(sum, more)| sum + more);
            let both = self.memory.zip(limits.memory);
            self.memory = both.map(|(sum, more)| sum.saturating_add(more));
        } else {
            (self.some, self.cpu, self.memory) = (true, cpu, limits.memory);
        }
    }
}

fn badness(health: Health) -> u8 {
    match health {
        Health::Healthy => 0,
        Health::Starting => 1,
        Health::Unhealthy => 2,
    }
}

fn worse(one: Option<Health>, other: Option<Health>) -> Option<Health> {
    let both = one.into_iter().chain(other);
    both.max_by_key(|health| badness(*health))
}

fn add_history(sums: &mut Vec<f64>, back: impl Iterator<Item = f64>) {
    for (at, value) in back.take(HISTORY).enumerate() {
        match sums.get_mut(at) {
            Some(sum) if sum.is_nan() => *sum = value,
            Some(sum) if !value.is_nan() => *sum += value,
            Some(_) => {}
            None => sums.push(value),
        }
    }
}
