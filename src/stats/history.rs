//! Recent history: rates from consecutive samples, in rings of fixed length.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::{Figure, HostSample, Reading, Series, Snapshot};
use crate::spec::ContainerId;

/// The history of the host and of every container, by tick: the first tick is number 1.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    length: usize,
    last: u64,
    /// The time of each kept tick, with the host's sample; the newest last.
    ticks: VecDeque<(Duration, HostSample)>,
    readings: BTreeMap<ContainerId, Reading>,
    series: BTreeMap<ContainerId, Series>,
}

impl History {
    /// A history of at most `length` ticks.
    #[must_use]
    pub fn new(length: usize) -> Self {
        let length = length.max(1);
        Self {
            length,
            last: 0,
            ticks: VecDeque::with_capacity(length),
            readings: BTreeMap::new(),
            series: BTreeMap::new(),
        }
    }

    /// Adds one tick. A container that is no longer sampled has no current reading; its history is
    /// kept until [`History::retain`] drops it.
    pub fn push(&mut self, snapshot: &Snapshot) {
        let elapsed = self
            .ticks
            .back()
            .map(|(last, _)| snapshot.at.saturating_sub(*last))
            .filter(|d| !d.is_zero());
        if self.ticks.len() == self.length {
            self.ticks.pop_front();
        }
        self.ticks.push_back((snapshot.at, snapshot.host.clone()));
        self.last += 1;
        self.readings
            .retain(|id, _| snapshot.samples.contains_key(id));
        for (id, sample) in &snapshot.samples {
            let traffic = snapshot.traffic.get(id).copied();
            let reading = Reading::between(self.readings.get(id), sample, traffic, elapsed);
            match self.series.get_mut(id) {
                Some(series) => series.write(self.last, &reading),
                None => {
                    let mut series = Series::new(self.length, self.last);
                    series.write(self.last, &reading);
                    self.series.insert(id.clone(), series);
                }
            }
            match self.readings.get_mut(id) {
                Some(known) => *known = reading,
                None => drop(self.readings.insert(id.clone(), reading)),
            }
        }
    }

    /// Drops the history of every container for which `keep` is false.
    pub fn retain(&mut self, keep: impl Fn(&ContainerId) -> bool) {
        self.series.retain(|id, _| keep(id));
    }

    /// The current reading of `id`.
    #[must_use]
    pub fn reading(&self, id: &ContainerId) -> Option<&Reading> {
        self.readings.get(id)
    }

    /// The rings of `id`.
    #[must_use]
    pub fn series(&self, id: &ContainerId) -> Option<&Series> {
        self.series.get(id)
    }

    /// The number of the newest tick; 0 before the first.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.last
    }

    /// The number of the oldest kept tick.
    #[must_use]
    pub fn oldest(&self) -> u64 {
        (self.last + 1).saturating_sub(self.ticks.len() as u64)
    }

    /// The age of `tick` relative to the newest; `None` when it is not kept.
    #[must_use]
    pub fn age(&self, tick: u64) -> Option<Duration> {
        let back = usize::try_from(self.last.checked_sub(tick)?).ok()?;
        let (at, _) = self.ticks.get(self.ticks.len().checked_sub(back + 1)?)?;
        self.ticks.back().map(|(last, _)| last.saturating_sub(*at))
    }

    /// The host's sample at `tick`.
    #[must_use]
    pub fn host(&self, tick: u64) -> Option<&HostSample> {
        let back = usize::try_from(self.last.checked_sub(tick)?).ok()?;
        self.ticks
            .get(self.ticks.len().checked_sub(back + 1)?)
            .map(|(_, host)| host)
    }

    /// The values of `figure` from `tick` back, the newest first: `NaN` where there is none, and it
    /// ends at the oldest that is kept.
    pub fn back_from(
        &self,
        id: &ContainerId,
        figure: Figure,
        tick: u64,
    ) -> impl Iterator<Item = f64> + '_ {
        let series = self.series.get(id);
        series
            .into_iter()
            .flat_map(move |series| series.back_from(figure, tick))
    }

    /// The last `count` values of `figure` up to `tick`, the oldest first; `NaN` where there is
    /// none.
    #[must_use]
    pub fn values(&self, id: &ContainerId, figure: Figure, tick: u64, count: usize) -> Vec<f64> {
        let first = (tick + 1).saturating_sub(count as u64);
        let series = self.series.get(id);
        (first..=tick)
            .map(|tick| {
                series
                    .and_then(|series| series.value(figure, tick))
                    .unwrap_or(f64::NAN)
            })
            .collect()
    }
}

/// The highest of each `per` values, the oldest first; `NaN` where there is none. The last one may
/// stand for fewer.
#[must_use]
pub fn highest_of(values: &[f64], per: usize) -> Vec<f64> {
    // f64::max ignores a gap
    let highest = |values: &[f64]| values.iter().copied().fold(f64::NAN, f64::max);
    values.chunks(per.max(1)).map(highest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cgroup::{Io, Sample};

    fn snapshot(at_ms: u64, cpu_usec: Option<u64>) -> (ContainerId, Snapshot) {
        let id = ContainerId::new("a").unwrap();
        let io = Some(Io {
            read_bytes: at_ms * 10,
            write_bytes: 0,
        });
        let sample = Sample {
            cpu_usec,
            memory: Some(5),
            io,
            ..Sample::default()
        };
        (
            id.clone(),
            Snapshot {
                at: Duration::from_millis(at_ms),
                samples: BTreeMap::from([(id, sample)]),
                ..Snapshot::default()
            },
        )
    }

    #[test]
    fn rates_need_two_samples_and_survive_a_restart() {
        let mut history = History::new(3);
        let (id, first) = snapshot(1000, Some(0));
        history.push(&first);
        assert_eq!(history.reading(&id).unwrap().cpu_cores, None);
        history.push(&snapshot(2000, Some(250_000)).1);
        assert_eq!(history.reading(&id).unwrap().cpu_cores, Some(0.25));
        assert_eq!(history.reading(&id).unwrap().read_rate, Some(10_000.0));
        history.push(&snapshot(3000, Some(10)).1);
        assert_eq!(
            history.reading(&id).unwrap().cpu_cores,
            None,
            "the counter went back"
        );
        history.push(&snapshot(4000, None).1);
        assert_eq!(
            history.reading(&id).unwrap().cpu_cores,
            None,
            "n/a is not zero"
        );
    }

    #[test]
    fn the_highest_of_several_ignores_gaps() {
        let gap = f64::NAN;
        let values = [1.0, 3.0, gap, 2.0, gap, gap, 0.0];
        let highest = |per| highest_of(&values, per);
        assert_eq!(highest(1).len(), 7);
        assert_eq!(highest(2)[..2], [3.0, 2.0]);
        assert!(highest(2)[2].is_nan(), "a gap of a whole bucket stays one");
        assert_eq!(highest(2)[3], 0.0, "the last one stands for fewer");
        assert_eq!(highest(100), [3.0]);
        assert!(highest_of(&[], 5).is_empty());
    }

    #[test]
    fn history_outlives_the_container_but_not_the_rings() {
        let mut history = History::new(3);
        let id = snapshot(0, None).0;
        for tick in 1..=4 {
            history.push(&snapshot(tick * 1000, Some(tick * 100_000)).1);
        }
        let cpu = |history: &History, tick| {
            history
                .series(&id)
                .unwrap()
                .value(Figure::Cpu, tick)
                .map(|cores| (cores * 100.0).round())
        };
        assert_eq!(
            [1, 2, 3, 4, 5].map(|tick| cpu(&history, tick)),
            [None, Some(10.0), Some(10.0), Some(10.0), None]
        );
        assert_eq!((history.oldest(), history.last()), (2, 4));
        assert_eq!(history.age(2), Some(Duration::from_secs(2)));
        assert_eq!(history.age(1), None);
        let ended = |at| Snapshot {
            at: Duration::from_secs(at),
            ..Snapshot::default()
        };
        history.push(&ended(5));
        assert!(history.reading(&id).is_none(), "it does nothing now");
        assert_eq!(cpu(&history, 4), Some(10.0), "but what it did is known");
        history.push(&ended(6));
        // restarted: a gap in between, and the rings have wrapped
        history.push(&snapshot(7000, Some(0)).1);
        assert_eq!(
            [4, 5, 6].map(|tick| history.series(&id).unwrap().reading(tick).is_some()),
            [false; 3]
        );
        assert_eq!(
            history
                .series(&id)
                .unwrap()
                .reading(7)
                .unwrap()
                .sample
                .memory,
            Some(5)
        );
        assert_eq!(history.values(&id, Figure::Memory, 7, 2).last(), Some(&5.0));
        let back: Vec<_> = history.back_from(&id, Figure::Memory, 8).collect();
        assert_eq!(
            back.iter().map(|v| v.is_nan()).collect::<Vec<_>>(),
            [true, false, true, true],
            "8 is not sampled yet, 5 and 6 are the gap, 4 is no longer kept"
        );
        assert_eq!(history.back_from(&id, Figure::Memory, 4).count(), 0);
        history.retain(|_| false);
        assert_eq!(history.back_from(&id, Figure::Memory, 7).count(), 0);
        assert!(history.series(&id).is_none());
    }
}
