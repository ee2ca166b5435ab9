//! [`Snapshot`]: everything sampled at one tick.

use std::collections::BTreeMap;
use std::time::Duration;

use super::HostSample;
use crate::cgroup::Sample;
use crate::spec::ContainerId;

/// A figure that is not available on this kernel, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The figure: `swap`, `psi`, `io`, `memory peak`.
    pub figure: &'static str,
    /// The reason in a few words, with the fix where there is one.
    pub reason: String,
}

/// Everything sampled at one tick.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// Monotonic time of the sample since an arbitrary start; only differences mean something.
    pub at: Duration,
    /// The host's own figures.
    pub host: HostSample,
    /// Each living container's figures.
    pub samples: BTreeMap<ContainerId, Sample>,
    /// What is not available on this host, for all containers.
    pub gaps: Vec<Gap>,
}
