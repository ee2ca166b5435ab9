//! The limits, as `run`, `create` and `update` take them.

use clap::Args;

use crate::spec::Preset;

/// The limits that most people need.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct BasicLimits {
    /// Hard memory limit: MB as a number (128), or with a unit (64M, 1.5G)
    #[arg(long, value_name = "SIZE")]
    memory: Option<String>,

    /// Swap beyond memory, as --memory; 0 allows none
    #[arg(long, value_name = "SIZE")]
    swap: Option<String>,

    /// CPU shares and a cap of SHARES/1024 of a core: 512 is half a core
    #[arg(long, value_name = "SHARES")]
    cpu: Option<String>,

    /// Only the cap, in cores: 0.5
    #[arg(long, value_name = "CORES")]
    cpus: Option<String>,

    /// Only the weight against other containers, 1024 being usual
    #[arg(long, value_name = "SHARES")]
    cpu_shares: Option<String>,

    /// Most processes and threads
    #[arg(long, value_name = "COUNT", allow_hyphen_values = true)]
    pids_limit: Option<String>,
}

impl BasicLimits {
    /// Puts what was asked into `request`.
    pub(super) fn put_into(self, request: &mut Preset) {
        request.memory = self.memory;
        request.swap = self.swap;
        request.cpu = self.cpu;
        request.cpus = self.cpus;
        request.cpu_shares = self.cpu_shares;
        request.pids = self.pids_limit;
    }
}

/// The finer limits.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Finer limits")]
pub(super) struct FinerLimits {
    /// CPU time that may be saved up and used beyond the cap: 20ms
    #[arg(long, value_name = "TIME")]
    cpu_burst: Option<String>,

    /// CPUs it may run on: 0-2,4
    #[arg(long = "cpuset-cpus", value_name = "LIST")]
    cpuset: Option<String>,

    /// Memory above which it is slowed down and reclaimed from, not killed (cgroup v2)
    #[arg(long, value_name = "SIZE")]
    memory_high: Option<String>,

    /// Memory that is reclaimed only when nothing else is left
    #[arg(long, visible_alias = "memory-reservation", value_name = "SIZE")]
    memory_low: Option<String>,

    /// Memory that is never reclaimed (cgroup v2)
    #[arg(long, value_name = "SIZE")]
    memory_min: Option<String>,

    /// What want of memory kills: "process" (one) or "group" (everything in it; cgroup v2)
    #[arg(long, value_name = "POLICY")]
    oom_policy: Option<String>,

    /// Weight of its block I/O, 1 to 10000, 100 being usual
    #[arg(long, value_name = "WEIGHT")]
    io_weight: Option<String>,

    /// Most bytes read a second from a device: /dev/sda:10M
    #[arg(long, value_name = "PATH:RATE")]
    device_read_bps: Vec<String>,

    /// Most bytes written a second to a device
    #[arg(long, value_name = "PATH:RATE")]
    device_write_bps: Vec<String>,

    /// Most reads a second from a device: /dev/sda:100
    #[arg(long, value_name = "PATH:RATE")]
    device_read_iops: Vec<String>,

    /// Most writes a second to a device
    #[arg(long, value_name = "PATH:RATE")]
    device_write_iops: Vec<String>,
}

impl FinerLimits {
    /// Puts what was asked into `request`.
    pub(super) fn put_into(self, request: &mut Preset) {
        request.cpu_burst = self.cpu_burst;
        request.cpuset = self.cpuset;
        request.memory_high = self.memory_high;
        request.memory_low = self.memory_low;
        request.memory_min = self.memory_min;
        request.oom_policy = self.oom_policy;
        request.io_weight = self.io_weight;
        request.device_read_bps = self.device_read_bps;
        request.device_write_bps = self.device_write_bps;
        request.device_read_iops = self.device_read_iops;
        request.device_write_iops = self.device_write_iops;
    }
}
