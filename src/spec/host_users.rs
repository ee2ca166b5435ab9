//! What cannot be had with user ids of its own.

use super::{Capabilities, ContainerSpec, HostUsers, IpcMode, NetworkMode, PidMode};

/// Capabilities that the kernel asks of the host's own users alone, so that they are nothing in a
/// user namespace (capable(), not ns_capable()).
const FOR_THE_HOST: [&str; 14] = [
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
    /// What of `spec` cannot be had with ids of its own. Containers that it joins are left to
    /// whoever knows them.
    #[must_use]
    pub fn needed_by(spec: &ContainerSpec) -> Option<Self> {
        let added = spec.security.capabilities.without(Capabilities::default());
        let capability = FOR_THE_HOST
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
