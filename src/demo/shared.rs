//! [`Shared`]: the world, shared by a demo, its logs and its samplers.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::world::World;

/// The demo's clock.
pub type DemoClock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The world, and a condition variable for its changes.
pub(super) struct Shared {
    pub(super) world: Mutex<World>,
    pub(super) changed: Condvar,
    pub(super) clock: DemoClock,
}

impl Shared {
    /// The world as it is now.
    pub(super) fn now(&self) -> MutexGuard<'_, World> {
        // simulated data stays usable after a panic elsewhere
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let before = world.version;
        world.advance((self.clock)());
        if world.version != before {
            self.changed.notify_all();
        }
        world
    }
}
