//! [`Demo`]: an engine that makes everything up, in memory and without root. Given the same seed and clock it always makes up the same,
//! so `--demo`, the captures for README and the screen tests stand on it.

mod cast;
mod life;
mod views;
mod world;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::{Created, Engine, Error, LogSource, Sampling, Watching};
use crate::record::{ExitCause, Record};
use crate::spec::{ContainerId, Preset};
use views::{DemoLog, DemoSampler, DemoWatch};
use world::World;

/// How late it is in the demo.
pub type DemoClock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The world, and what wakes those who wait for it to change.
pub(crate) struct Shared {
    world: Mutex<World>,
    changed: Condvar,
    clock: DemoClock,
}

impl Shared {
    /// The world as it is now.
    fn now(&self) -> MutexGuard<'_, World> {
        // a panic elsewhere leaves made-up data no worse than it was
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let before = world.version;
        world.advance((self.clock)());
        if world.version != before {
            self.changed.notify_all();
        }
        world
    }
}

/// An engine of made-up containers.
pub struct Demo {
    shared: Arc<Shared>,
}

impl Demo {
    /// A world made of `seed`, which begins at what `clock` says now and goes on as it does.
    #[must_use]
    pub fn new(seed: u64, clock: DemoClock) -> Self {
        let world = World::new(seed, clock(), cast::containers());
        Self { shared: Arc::new(Shared { world: Mutex::new(world), changed: Condvar::new(), clock }) }
    }

    /// The presets that go with it.
    #[must_use]
    pub fn presets() -> Vec<(String, Preset)> {
        cast::presets()
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

    fn launch(&self, what: &Created, progress: &mut dyn FnMut(String)) -> Result<ContainerId, Error> {
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

    fn destroy(&self, id: &ContainerId, force: bool) -> Result<(), Error> {
        self.change(|world| world.destroy(id, force))
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
