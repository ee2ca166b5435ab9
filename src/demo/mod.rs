//! [`Demo`]: an engine with simulated containers, in memory and without root. The same seed and
//! clock always give the same data, so `--demo`, the captures for README and the screen tests use
//! it.

mod changes;
mod connections;
mod containers;
mod inspector;
mod launch;
mod shared;
mod sheets;
mod shell;
mod simulation;
mod views;
mod world;

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use crate::manager::{Engine, Error, LimitChange, LogSource, Sampling, Updated, Watching};
use crate::record::{ExitCause, Record};
use crate::spec::{ContainerId, ContainerRequest, Preset};
pub use shared::DemoClock;
use shared::Shared;
use views::{DemoLog, DemoSampler, DemoWatch};
use world::World;

/// An engine with simulated containers.
pub struct Demo {
    shared: Arc<Shared>,
    /// Reverted changes.
    reverted: Mutex<BTreeSet<(ContainerId, String)>>,
}

impl Demo {
    /// A world from `seed`, with the time of `clock`.
    #[must_use]
    pub fn new(seed: u64, clock: DemoClock) -> Self {
        let world = World::new(seed, clock(), containers::templates());
        let shared = Arc::new(Shared {
            world: Mutex::new(world),
            changed: Condvar::new(),
            clock,
        });
        Self {
            shared,
            reverted: Mutex::default(),
        }
    }

    /// The demo's presets.
    #[must_use]
    pub fn presets() -> Vec<(String, Preset)> {
        containers::presets()
    }

    fn change<T>(&self, verb: impl FnOnce(&mut World) -> Result<T, Error>) -> Result<T, Error> {
        let mut world = self.shared.now();
        let result = verb(&mut world);
        drop(world);
        self.shared.changed.notify_all();
        result
    }
}

impl Engine for Demo {
    fn records(&self) -> Result<Vec<Record>, Error> {
        Ok(self.shared.now().records())
    }

    fn launch(
        &self,
        what: &ContainerRequest,
        progress: &mut dyn FnMut(String),
    ) -> Result<ContainerId, Error> {
        progress("using the host image".into());
        self.change(|world| world.launch(what))
    }

    fn start(&self, id: &ContainerId) -> Result<(), Error> {
        self.change(|world| world.start(id))
    }

    fn stop(&self, id: &ContainerId, _grace: Duration) -> Result<ExitCause, Error> {
        self.change(|world| world.stop(id))
    }

    fn restart(&self, id: &ContainerId, _grace: Duration) -> Result<(), Error> {
        self.change(|world| world.restart(id))
    }

    fn rename(&self, id: &ContainerId, name: &str) -> Result<(), Error> {
        self.change(|world| world.rename(id, name))
    }

    fn restore_name(&self, id: &ContainerId, left: &str, back: &str) -> Result<(), Error> {
        self.change(|world| world.restore_name(id, left, back))
    }

    fn pause(&self, id: &ContainerId) -> Result<(), Error> {
        self.change(|world| world.freeze(id, true))
    }

    fn resume(&self, id: &ContainerId) -> Result<(), Error> {
        self.change(|world| world.freeze(id, false))
    }

    fn kill(&self, id: &ContainerId, signal: i32) -> Result<(), Error> {
        self.change(|world| world.kill(id, signal, world::FATAL_SIGNALS.contains(&signal)))
    }

    fn destroy(&self, id: &ContainerId, force: bool) -> Result<(), Error> {
        self.change(|world| world.destroy(id, force))
    }

    fn set_limit(
        &self,
        id: &ContainerId,
        change: LimitChange,
        only_alive: bool,
    ) -> Result<Updated, Error> {
        self.change(|world| world.set_limit(id, change, only_alive))
    }

    fn restore_limit(
        &self,
        id: &ContainerId,
        left: LimitChange,
        back: LimitChange,
    ) -> Result<Updated, Error> {
        self.change(|world| world.restore_limit(id, left, back))
    }

    fn throw_away(&self, id: &ContainerId, _grace: Duration) -> Result<(), Error> {
        self.change(|world| world.throw_away(id))
    }

    fn take_back(&self, id: &ContainerId) -> Result<(), Error> {
        self.change(|world| world.take_back(id))
    }

    fn purge_trash(&self) -> Result<(), Error> {
        self.shared.now().purge_trash();
        Ok(())
    }

    fn log(&self, id: &ContainerId) -> Result<Box<dyn LogSource>, Error> {
        self.shared.now().find(id)?;
        Ok(Box::new(DemoLog::new(Arc::clone(&self.shared), id.clone())))
    }

    fn sampler(&self) -> Result<Box<dyn Sampling>, Error> {
        Ok(Box::new(DemoSampler::new(Arc::clone(&self.shared))))
    }

    fn watch(&self) -> Result<Box<dyn Watching>, Error> {
        Ok(Box::new(DemoWatch::new(Arc::clone(&self.shared))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::{SignedDuration, Timestamp};

    /// A demo and its clock.
    fn demo(seed: u64) -> (Demo, Arc<Mutex<Timestamp>>) {
        let hand = Arc::new(Mutex::new("2026-11-23T14:03:11Z".parse().unwrap()));
        let clock = Arc::clone(&hand);
        (
            Demo::new(seed, Arc::new(move || *clock.lock().unwrap())),
            hand,
        )
    }

    fn pass(hand: &Mutex<Timestamp>, seconds: i64) {
        *hand.lock().unwrap() += SignedDuration::from_secs(seconds);
    }

    fn request(command: &str, memory: Option<&str>) -> ContainerRequest {
        ContainerRequest {
            settings: Preset {
                command: Some(vec!["sh".into(), "-c".into(), command.into()]),
                memory: memory.map(Into::into),
                ..Preset::default()
            },
            ..ContainerRequest::default()
        }
    }

    #[test]
    fn the_same_seed_and_clock_make_the_same_world() {
        let ((one, first), (two, second), (other, _)) = (demo(1), demo(1), demo(2));
        for hand in [&first, &second] {
            pass(hand, 30);
        }
        assert_eq!(one.records(), two.records());
        assert_eq!(
            one.sampler().unwrap().sample(),
            two.sampler().unwrap().sample()
        );
        assert_ne!(one.records(), other.records());
    }

    #[test]
    fn counters_only_rise_and_a_cap_holds() {
        let (demo, hand) = demo(1);
        let mut sampler = demo.sampler().unwrap();
        let before = sampler.sample();
        pass(&hand, 10);
        let after = sampler.sample();
        let quarter = demo
            .records()
            .unwrap()
            .into_iter()
            .find(|r| r.spec.name.as_str() == "cpu-quarter")
            .unwrap();
        let cap = quarter.spec.limits.cpu.unwrap().cores();
        let used = |snapshot: &crate::stats::Snapshot| {
            snapshot.samples[&quarter.spec.id].cpu_usec.unwrap()
        };
        let cores =
            (used(&after) - used(&before)) as f64 / (after.at - before.at).as_micros() as f64;
        assert!((cores - cap).abs() < 0.001, "{cores}");
        for (id, sample) in &after.samples {
            assert!(sample.cpu_usec >= before.samples[id].cpu_usec);
            assert!(sample.memory <= sample.memory_peak);
        }
    }

    #[test]
    fn a_container_over_its_memory_limit_is_killed() {
        let (demo, hand) = demo(1);
        let mut watch = demo.watch().unwrap();
        let hog = request("while :; do a=$a$(printf %0100000d 0); done", Some("32M"));
        let id = demo.launch(&hog, &mut |_| ()).unwrap();
        assert_eq!(watch.wait(Duration::ZERO), Ok(true));
        assert_eq!(watch.wait(Duration::ZERO), Ok(false));
        pass(&hand, 60);
        assert_eq!(watch.wait(Duration::ZERO), Ok(true));
        let record = demo
            .records()
            .unwrap()
            .into_iter()
            .find(|r| r.spec.id == id)
            .unwrap();
        let cause = ExitCause::OomKilled {
            peak: Some(32 << 20),
            limit: Some(32 << 20),
        };
        assert!(
            matches!(record.state.status, crate::record::Status::Stopped { cause: c, .. } if c == cause)
        );
    }

    #[test]
    fn verbs_refuse_what_the_real_ones_refuse() {
        let (demo, _) = demo(1);
        let id = demo.launch(&request("sleep 9", None), &mut |_| ()).unwrap();
        let wrong = |result: Result<(), Error>| matches!(result, Err(Error::WrongState { .. }));
        assert!(wrong(demo.start(&id)));
        assert!(wrong(demo.destroy(&id, false)));
        assert!(demo.stop(&id, Duration::ZERO).is_ok());
        assert!(wrong(demo.stop(&id, Duration::ZERO).map(drop)));
        assert!(demo.restart(&id, Duration::ZERO).is_ok());
        assert!(demo.destroy(&id, true).is_ok());
        assert!(matches!(demo.start(&id), Err(Error::Unknown(_))));
        let nosuch = ContainerRequest {
            settings: Preset {
                command: Some(vec!["nosuch".into()]),
                ..Preset::default()
            },
            ..ContainerRequest::default()
        };
        let before = demo.records().unwrap().len();
        assert_eq!(
            demo.launch(&nosuch, &mut |_| ()).unwrap_err().exit_code(),
            127
        );
        assert_eq!(
            demo.records().unwrap().len(),
            before,
            "nothing partial is left"
        );
    }

    #[test]
    fn a_log_is_read_once_and_grows() {
        let (demo, hand) = demo(1);
        let web = demo
            .records()
            .unwrap()
            .into_iter()
            .find(|r| r.spec.name.as_str() == "web")
            .unwrap();
        let mut log = demo.log(&web.spec.id).unwrap();
        assert!(!log.read(10_000).unwrap().is_empty());
        assert!(log.read(10_000).unwrap().is_empty());
        pass(&hand, 10);
        assert_eq!(log.read(3).unwrap().len(), 3);
        assert!(!log.read(10_000).unwrap().is_empty());
    }
}
