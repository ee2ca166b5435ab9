//! [`Shared`]: the world that a demo, its logs and its samplers look at.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::world::World;

/// Tells the demo's time.
pub type DemoClock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The world, and what wakes those who wait for it to change.
pub(super) struct Shared {
    pub(super) world: Mutex<World>,
    pub(super) changed: Condvar,
    pub(super) clock: DemoClock,
}

impl Shared {
    /// The world as it is now.
    pub(super) fn now(&self) -> MutexGuard<'_, World> {
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
