//! The host's own figures.

use std::time::Duration;

/// What the host uses at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HostSample {
    /// Busy share of each core over the last tick, 0 to 1.
    pub cores: Vec<f32>,
    /// Memory in bytes.
    pub memory_total: u64,
    /// Memory in use (total − available), in bytes.
    pub memory_used: u64,
    /// Swap in bytes; 0 when the host has none.
    pub swap_total: u64,
    /// Swap in use, in bytes.
    pub swap_used: u64,
    /// Load averages over 1, 5 and 15 minutes.
    pub load: [f64; 3],
    /// Time since boot.
    pub uptime: Duration,
}
