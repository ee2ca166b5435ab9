//! [`Duties`]: what the supervisor does for its loop, which knows streams and clients but no
//! container.

use std::os::fd::OwnedFd;

use super::health::{Judgement, ProbeStart};

/// What the supervisor does for its loop.
pub(super) trait Duties {
    /// Kills everything in the container's cgroup: a grace is over.
    fn kill(&mut self);
    /// Starts a run of the health check.
    fn probe(&mut self, line: &str) -> ProbeStart;
    /// It has run for a while: does what a short-lived container does not need.
    fn settle(&mut self);
    /// The container's cap as it is now, in cores; `None` when it has none.
    fn cap(&self) -> Option<f64>;
    /// Begins to watch the container's memory pressure, where this kernel has PSI.
    fn watch_pressure(&mut self) -> Option<OwnedFd>;
    /// Tasks stall because memory is short.
    fn pressed(&mut self);
    /// Records what came of the health check.
    fn judged(&mut self, judgement: Judgement);
}
