//! Settings that need the host's user ids.

use super::{Capabilities, ContainerSpec, HostUsers, IpcMode, NetworkMode, PidMode};

/// Capabilities that the kernel checks in the initial user namespace only (capable(), not
/// ns_capable()): they have no effect in another.
const INITIAL_NAMESPACE_ONLY: [&str; 14] = [
    "CAP_LINUX_IMMUTABLE",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_PACCT",
    "CAP_SYS_BOOT",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_PERFMON",
    "CAP_BPF",
];

impl HostUsers {
    /// The first setting of `spec` that needs the host's ids. Containers that it joins are checked
    /// by the caller.
    #[must_use]
    pub fn needed_by(spec: &ContainerSpec) -> Option<Self> {
        let added = spec.security.capabilities.without(Capabilities::default());
        let capability = INITIAL_NAMESPACE_ONLY
            .iter()
            .find(|name| added.has(name))
            .map(|name| Self::Capability(name.trim_start_matches("CAP_").into()));
        [
            spec.security.privileged.then_some(Self::Privileged),
            (spec.network == NetworkMode::Host).then_some(Self::Network),
            (spec.pid == PidMode::Host).then_some(Self::Processes),
            (spec.ipc == IpcMode::Host).then_some(Self::SharedMemory),
            (!spec.devices.is_empty()).then_some(Self::Device),
            capability,
        ]
        .into_iter()
        .flatten()
        .next()
    }
}
