//! [`Controller`] and [`Version`]: the words of the two cgroup interfaces.

/// Which cgroup interface something lives on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// One tree for each controller (kernel: Documentation/admin-guide/cgroup-v1).
    V1,
    /// One tree for all of them (kernel: Documentation/admin-guide/cgroup-v2.rst).
    V2,
}

/// One kind of resource that a cgroup accounts or limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Controller {
    /// CPU weight and cap.
    Cpu,
    /// CPU time used; part of every v2 cgroup.
    Cpuacct,
    /// Memory and swap.
    Memory,
    /// Number of processes and threads.
    Pids,
    /// Stops and resumes every process; part of every v2 cgroup.
    Freezer,
    /// Which CPUs and memory nodes may be used.
    Cpuset,
    /// Block devices; `blkio` on v1.
    Io,
    /// Access to device nodes; a BPF program on v2.
    Devices,
    /// Huge pages.
    Hugetlb,
    /// The named v1 tree `name=systemd`, which limits nothing: systemd kills by it at the end of a
    /// session.
    Systemd,
}

impl Controller {
    /// Every controller that we know.
    pub const ALL: [Self; 10] = [
        Self::Cpu,
        Self::Cpuacct,
        Self::Memory,
        Self::Pids,
        Self::Freezer,
        Self::Cpuset,
        Self::Io,
        Self::Devices,
        Self::Hugetlb,
        Self::Systemd,
    ];

    /// Those whose v1 tree a container gets a folder in. Cpuset is joined only where it shares a
    /// tree with one of these: an own cpuset costs a rebuild of the scheduler's domains and limits
    /// nothing by itself.
    pub(super) const JOINED: [Self; 8] = [
        Self::Cpu,
        Self::Cpuacct,
        Self::Memory,
        Self::Pids,
        Self::Freezer,
        Self::Io,
        Self::Devices,
        Self::Systemd,
    ];

    /// Those passed on to a container's v2 cgroup by `cgroup.subtree_control`. Memory and io first:
    /// unlike the others they are refused where processes are in the way, instead of making a
    /// threaded domain.
    pub(super) const PASSED_ON: [Self; 5] =
        [Self::Memory, Self::Io, Self::Cpu, Self::Pids, Self::Cpuset];

    /// Its word in a v1 mount's options and in `/proc/self/cgroup`.
    #[must_use]
    pub fn v1_name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cpuacct => "cpuacct",
            Self::Memory => "memory",
            Self::Pids => "pids",
            Self::Freezer => "freezer",
            Self::Cpuset => "cpuset",
            Self::Io => "blkio",
            Self::Devices => "devices",
            Self::Hugetlb => "hugetlb",
            Self::Systemd => "name=systemd",
        }
    }

    /// Its word in `cgroup.controllers`, which lists neither what every v2 cgroup has nor what v2
    /// has not.
    #[must_use]
    pub fn v2_name(self) -> Option<&'static str> {
        match self {
            Self::Cpu => Some("cpu"),
            Self::Memory => Some("memory"),
            Self::Pids => Some("pids"),
            Self::Cpuset => Some("cpuset"),
            Self::Io => Some("io"),
            Self::Hugetlb => Some("hugetlb"),
            Self::Cpuacct | Self::Freezer | Self::Devices | Self::Systemd => None,
        }
    }

    /// The word people use.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Io => "io",
            other => other.v1_name(),
        }
    }

    /// Whether every v2 cgroup can do it without a controller being passed on.
    #[must_use]
    pub fn is_core_of_v2(self) -> bool {
        matches!(self, Self::Cpuacct | Self::Freezer | Self::Devices)
    }

    pub(super) fn from_v1(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.v1_name() == word)
    }

    pub(super) fn from_v2(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.v2_name() == Some(word))
    }
}
