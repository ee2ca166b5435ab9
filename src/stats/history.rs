//! Recent history: rates made of two samples, kept in rings of fixed length so that nothing grows.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::Snapshot;
use crate::cgroup::Sample;
use crate::spec::ContainerId;

/// What one container does now: rates over the last tick beside the latest sample.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// CPU use in cores (0.25 is a quarter of one core). `None` until there are two samples.
    pub cpu_cores: Option<f64>,
    /// Share of the last tick spent throttled by the cap, 0 to 1 per running thread at most.
    pub throttled: Option<f64>,
    /// The latest sample itself.
    pub sample: Sample,
}

/// The rings of one container, oldest first; `NaN` marks a tick without a figure.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// CPU use in cores.
    pub cpu: VecDeque<f64>,
    /// Memory in bytes.
    pub memory: VecDeque<f64>,
}

/// Rings of every living container.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    length: usize,
    last_at: Option<Duration>,
    readings: BTreeMap<ContainerId, Reading>,
    series: BTreeMap<ContainerId, Series>,
}

impl History {
    /// A history of at most `length` ticks.
    #[must_use]
    pub fn new(length: usize) -> Self {
        Self { length, last_at: None, readings: BTreeMap::new(), series: BTreeMap::new() }
    }

    /// Takes in one tick; containers no longer sampled are forgotten.
    pub fn push(&mut self, snapshot: &Snapshot) {
        let elapsed = self.last_at.map(|last| snapshot.at.saturating_sub(last)).filter(|d| !d.is_zero());
        self.last_at = Some(snapshot.at);
        self.readings.retain(|id, _| snapshot.samples.contains_key(id));
        self.series.retain(|id, _| snapshot.samples.contains_key(id));
        for (id, sample) in &snapshot.samples {
            let reading = reading(self.readings.get(id).map(|r| &r.sample), sample, elapsed);
            let series = self.series.entry(id.clone()).or_default();
            ring(&mut series.cpu, reading.cpu_cores.unwrap_or(f64::NAN), self.length);
            ring(&mut series.memory, sample.memory.map_or(f64::NAN, |m| m as f64), self.length);
            self.readings.insert(id.clone(), reading);
        }
    }

    /// What `id` does now.
    #[must_use]
    pub fn reading(&self, id: &ContainerId) -> Option<&Reading> {
        self.readings.get(id)
    }

    /// The rings of `id`.
    #[must_use]
    pub fn series(&self, id: &ContainerId) -> Option<&Series> {
        self.series.get(id)
    }
}

fn ring(values: &mut VecDeque<f64>, value: f64, length: usize) {
    while values.len() >= length.max(1) {
        values.pop_front();
    }
    values.push_back(value);
}

fn reading(previous: Option<&Sample>, sample: &Sample, elapsed: Option<Duration>) -> Reading {
    // a counter that went back belongs to a new cgroup (a restart): no rate this tick rather than a wrong one
    let rate = |figure: fn(&Sample) -> Option<u64>| -> Option<f64> {
        let used = figure(sample)?.checked_sub(figure(previous?)?)?;
        Some(used as f64 / elapsed?.as_micros() as f64)
    };
    Reading { cpu_cores: rate(|s| s.cpu_usec), throttled: rate(|s| s.throttled_usec), sample: sample.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(at_ms: u64, cpu_usec: Option<u64>) -> (ContainerId, Snapshot) {
        let id = ContainerId::new("a").unwrap();
        let sample = Sample { cpu_usec, memory: Some(5), ..Sample::default() };
        (id.clone(), Snapshot { at: Duration::from_millis(at_ms), samples: BTreeMap::from([(id, sample)]), ..Snapshot::default() })
    }

    #[test]
    fn rates_need_two_samples_and_survive_a_restart() {
        let mut history = History::new(3);
        let (id, first) = snapshot(1000, Some(0));
        history.push(&first);
        assert_eq!(history.reading(&id).unwrap().cpu_cores, None);
        history.push(&snapshot(2000, Some(250_000)).1);
        assert_eq!(history.reading(&id).unwrap().cpu_cores, Some(0.25));
        history.push(&snapshot(3000, Some(10)).1);
        assert_eq!(history.reading(&id).unwrap().cpu_cores, None, "the counter went back");
        history.push(&snapshot(4000, None).1);
        assert_eq!(history.reading(&id).unwrap().cpu_cores, None, "n/a is not zero");
        assert_eq!(history.series(&id).unwrap().cpu.len(), 3, "the ring does not grow");
        history.push(&Snapshot { at: Duration::from_secs(5), ..Snapshot::default() });
        assert!(history.reading(&id).is_none() && history.series(&id).is_none());
    }
}
