//! [`Sampler`]: one [`Snapshot`] a tick of the host and of every living container.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::time::Instant;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::traffic::TrafficSampler;
use super::{Gap, HostSampler, Snapshot, Target};
use crate::cgroup::{Cgroup, CgroupSampler, Layout, Missing, Parent, Sample};
use crate::network::Traffic;
use crate::spec::ContainerId;

/// With more containers, slow figures (peak, OOM kills, pressure) are not read at every tick.
const FULL_SAMPLE_MAX: usize = 100;
/// But every this many ticks, staggered.
const SLOW_INTERVAL: u64 = 5;

/// Samples the host and containers; keeps about eleven open files per container.
#[derive(Debug)]
pub struct Sampler {
    layout: Layout,
    parent: Parent,
    started: Instant,
    host: HostSampler,
    open: HashMap<ContainerId, Open>,
    gaps: Vec<Gap>,
    buffer: Vec<u8>,
    tick: u64,
}

#[derive(Debug)]
struct Open {
    sampler: CgroupSampler,
    traffic: Option<TrafficSampler>,
    /// The last tick at which this container was requested.
    asked: u64,
}

impl Sampler {
    /// A sampler of the containers under `parent`. Raises this process's soft limit of open files
    /// to the hard one (`RLIMIT_NOFILE`, getrlimit(2)): the usual 1024 suffice for a hundred
    /// containers.
    #[must_use]
    pub fn new(layout: Layout, parent: Parent) -> Self {
        if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
            && soft < hard
        {
            // on failure, containers beyond the limit are reported as a gap
            let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
        }
        Self {
            gaps: layout.missing().iter().map(gap).collect(),
            layout,
            parent,
            started: Instant::now(),
            host: HostSampler::new(),
            open: HashMap::new(),
            buffer: Vec::new(),
            tick: 0,
        }
    }

    /// Samples the host and the containers `targets`. Skips one without a cgroup, or whose cgroup
    /// vanishes meanwhile; reopens one that was restarted; closes those no longer requested.
    pub fn sample(&mut self, targets: &[Target]) -> Snapshot {
        self.tick += 1;
        let mut snapshot = Snapshot {
            at: self.started.elapsed(),
            host: self.host.sample(),
            ..Snapshot::default()
        };
        let mut refused = None;
        for (place, target) in targets.iter().enumerate() {
            let id = &target.id;
            let turn = place as u64 + self.tick;
            // with very many containers, full reads are staggered
            let full = targets.len() <= FULL_SAMPLE_MAX || turn.is_multiple_of(SLOW_INTERVAL);
            let known = self.open.get_mut(id).and_then(|open| {
                open.asked = self.tick;
                if full {
                    open.sampler.read(&mut self.buffer)
                } else {
                    open.sampler.read_briefly(&mut self.buffer)
                }
            });
            let sample = match known {
                Some(sample) => Ok(sample),
                None => self.open_and_read(id),
            };
            match sample {
                Ok(sample) => {
                    snapshot.samples.insert(id.clone(), sample);
                    if let Some(traffic) = self.traffic(target, turn) {
                        snapshot.traffic.insert(id.clone(), traffic);
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::NotFound => {
                    self.open.remove(id);
                }
                Err(e) => refused = Some(e),
            }
        }
        let tick = self.tick;
        self.open.retain(|_, open| open.asked == tick);
        snapshot.gaps.clone_from(&self.gaps);
        snapshot.gaps.extend(refused.map(|e| Gap {
            figure: "containers",
            reason: format!(
                "some containers cannot be read: {e} (raise the limit of open files: ulimit -n)"
            ),
        }));
        snapshot
    }

    /// What `target` received and sent, if it has a network of its own.
    fn traffic(&mut self, target: &Target, turn: u64) -> Option<Traffic> {
        let init = target.network.as_ref()?;
        let open = self.open.get_mut(&target.id)?;
        if !open.traffic.as_ref().is_some_and(|open| open.is_of(init)) {
            open.traffic = TrafficSampler::open(init).ok();
        }
        open.traffic.as_mut()?.read(&mut self.buffer, turn)
    }

    fn open_and_read(&mut self, id: &ContainerId) -> io::Result<Sample> {
        let cgroup = Cgroup::open(&self.layout, &self.parent, id);
        let mut sampler = CgroupSampler::open(&cgroup)?;
        let sample = sampler
            .read(&mut self.buffer)
            .ok_or(io::ErrorKind::NotFound)?;
        // a figure missing for one container is missing for all, unless it is being created or
        // removed
        if cgroup.paths().all(Path::exists) {
            self.gaps = sampler.missing().iter().map(gap).collect();
        }
        let asked = self.tick;
        let traffic = None;
        self.open.insert(
            id.clone(),
            Open {
                sampler,
                traffic,
                asked,
            },
        );
        Ok(sample)
    }
}

fn gap(missing: &Missing) -> Gap {
    Gap {
        figure: missing.figure,
        reason: missing.reason.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cgroup::BegunCgroup;
    use crate::spec::Limits;

    #[test]
    fn containers_come_go_and_come_back() {
        let layout = Layout::detect().unwrap();
        let parent = Parent {
            name: format!("minic-test-{}-stats", std::process::id()),
        };
        let ids = ["a", "b", "never"].map(|name| ContainerId::new(name).unwrap());
        let targets = ids.clone().map(|id| Target { id, network: None });
        let create = |id: &ContainerId| {
            BegunCgroup::begin(&layout, &parent, id, &Limits::default(), false)
                .and_then(|mut begun| begun.finish())
                .unwrap()
        };
        let (a, b) = (create(&ids[0]), create(&ids[1]));
        let mut sampler = Sampler::new(layout.clone(), parent.clone());
        let first = sampler.sample(&targets);
        assert_eq!(first.samples.keys().collect::<Vec<_>>(), [&ids[0], &ids[1]]);
        assert_eq!(sampler.open.len(), 2);
        assert!(!first.host.cores.is_empty());

        b.remove().unwrap();
        let second = sampler.sample(&targets);
        assert_eq!(
            second.samples.keys().collect::<Vec<_>>(),
            [&ids[0]],
            "gone is left out"
        );
        assert!(second.at > first.at && sampler.open.len() == 1);

        a.remove().unwrap();
        let again = create(&ids[0]);
        assert!(
            sampler.sample(&targets).samples.contains_key(&ids[0]),
            "restarted under the same id"
        );
        assert!(
            sampler.sample(&[]).samples.is_empty() && sampler.open.is_empty(),
            "not asked for, not kept open"
        );
        again.remove().unwrap();
    }
}
