//! [`Sample`]: what a container uses at one moment, read from its cgroup.

/// Bytes read from and written to block devices since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Io {
    /// Bytes read.
    pub read_bytes: u64,
    /// Bytes written.
    pub write_bytes: u64,
}

/// Pressure stall information: percent of the last 10 s in which some task waited for the resource
/// (kernel: Documentation/accounting/psi.rst).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Pressure {
    /// Waiting for a CPU.
    pub cpu: Option<f32>,
    /// Waiting for memory.
    pub memory: Option<f32>,
    /// Waiting for block devices.
    pub io: Option<f32>,
}

/// What a container uses at one moment. Each is an `Option`: "cannot be had" is not zero.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sample {
    /// CPU time used since the cgroup was made, in microseconds.
    pub cpu_usec: Option<u64>,
    /// Time throttled by the CPU cap, in microseconds.
    pub throttled_usec: Option<u64>,
    /// Periods in which it was throttled.
    pub nr_throttled: Option<u64>,
    /// Periods in which it ran.
    pub nr_periods: Option<u64>,
    /// Memory charged now, in bytes (the figure that the limit is held against).
    pub memory: Option<u64>,
    /// The most memory charged so far, in bytes.
    pub memory_peak: Option<u64>,
    /// Swap used now, in bytes.
    pub swap: Option<u64>,
    /// Processes killed by the OOM killer.
    pub oom_kills: Option<u64>,
    /// Processes and threads now.
    pub pids: Option<u64>,
    /// Block device traffic.
    pub io: Option<Io>,
    /// Pressure stall information.
    pub psi: Option<Pressure>,
}
