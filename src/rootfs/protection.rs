//! [`Protection`]: paths of `/proc` and `/sys` that a container may not see or change: docker's
//! list and more.

use std::ffi::{CStr, CString};

/// Masked: files become `/dev/null`, folders empty (moby: oci/defaults.go, MaskedPaths). Beyond
/// docker's list: kernel addresses, page flags and counts, which are only protected by file modes
/// (proc(5); kernel: Documentation/admin-guide/mm/pagemap.rst).
const MASKED: [&CStr; 24] = [
    c"proc/asound",
    c"proc/acpi",
    c"proc/interrupts",
    c"proc/kcore",
    c"proc/keys",
    c"proc/latency_stats",
    c"proc/timer_list",
    c"proc/timer_stats",
    c"proc/sched_debug",
    c"proc/scsi",
    c"proc/kpagecgroup",
    c"proc/kpagecount",
    c"proc/kpageflags",
    c"proc/kallsyms",
    c"proc/slabinfo",
    c"proc/vmallocinfo",
    c"proc/pagetypeinfo",
    c"proc/vmcore",
    c"sys/firmware",
    c"sys/kernel/slab",
    c"sys/kernel/vmcoreinfo",
    c"sys/kernel/notes",
    c"sys/kernel/boot_params",
    c"sys/devices/virtual/powercap",
];

/// Read-only (moby: oci/defaults.go, ReadonlyPaths).
const READ_ONLY: [&CStr; 5] = [
    c"proc/bus",
    c"proc/fs",
    c"proc/irq",
    c"proc/sys",
    c"proc/sysrq-trigger",
];

/// A protected kernel path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protection {
    /// It is masked.
    Masked(CString),
    /// It is read-only.
    ReadOnly(CString),
}

impl Protection {
    /// Docker's list, and each CPU's `thermal_throttle`, which reveals the load of others.
    #[must_use]
    pub fn usual(cpus: usize) -> Vec<Self> {
        let throttle = (0..cpus).filter_map(|cpu| {
            CString::new(format!("sys/devices/system/cpu/cpu{cpu}/thermal_throttle")).ok()
        });
        let masked = MASKED
            .into_iter()
            .map(CStr::to_owned)
            .chain(throttle)
            .map(Self::Masked);
        masked
            .chain(
                READ_ONLY
                    .into_iter()
                    .map(|path| Self::ReadOnly(path.to_owned())),
            )
            .collect()
    }

    /// Describes it, to follow "cannot".
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Masked(path) => format!("mask /{} of the container", path.to_string_lossy()),
            Self::ReadOnly(path) => format!(
                "make /{} of the container read-only",
                path.to_string_lossy()
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_dockers() {
        let usual = Protection::usual(2);
        let words: Vec<String> = usual.iter().map(Protection::describe).collect();
        for word in [
            "mask /proc/kcore",
            "mask /sys/firmware",
            "cpu1/thermal_throttle",
            "make /proc/sys of the container read-only",
        ] {
            assert!(words.iter().any(|w| w.contains(word)), "{word}: {words:?}");
        }
        assert_eq!(usual.len(), MASKED.len() + 2 + READ_ONLY.len());
    }
}
