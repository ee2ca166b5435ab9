//! [`Snapshot`]: everything sampled at one tick.

use std::collections::BTreeMap;
use std::time::Duration;

use super::HostSample;
use crate::cgroup::Sample;
use crate::network::Traffic;
use crate::record::Process;
use crate::spec::{ContainerId, NetworkMode};

/// A figure that is not available on this kernel, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The figure: `swap`, `psi`, `io`, `memory peak`, `network`.
    pub figure: &'static str,
    /// The reason in a few words, with the fix where there is one.
    pub reason: String,
}

impl Gap {
    /// Why nothing is counted that a container with this network receives and sends.
    #[must_use]
    pub fn of_network<C>(network: &NetworkMode<C>) -> Self {
        let reason = match network {
            NetworkMode::None => "no network: it has only its own loopback",
            NetworkMode::Host => "shares the host's network",
            NetworkMode::Container(_) => "counted at the container whose network it uses",
        };
        Self {
            figure: "network",
            reason: reason.into(),
        }
    }
}

/// A container to sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The container.
    pub id: ContainerId,
    /// Its init, if it has a network of its own, whose traffic is counted.
    pub network: Option<Process>,
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
    /// What each received and sent; only those with a network of their own and an interface in it.
    pub traffic: BTreeMap<ContainerId, Traffic>,
    /// What is not available on this host, for all containers.
    pub gaps: Vec<Gap>,
}
