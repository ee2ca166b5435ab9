//! [`ContainerSpec`]: everything needed to start a container, and to start it again.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{
    Categories, ClockOffsets, ContainerId, ContainerName, Device, HealthCheck, HostUsers, IdRange,
    IpcMode, Limits, LogLimits, NetworkMode, Own, PidMode, RestartPolicy, Security, Source,
    SpecError, Storage, Sysctl, Tmpfs, Ulimit, User, Userns, Volume, format_bytes,
};

/// Mount propagation between the host and a container (mount_namespaces(7)).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Propagation {
    /// None in either direction.
    #[default]
    Private,
    /// Mounts that the host makes below a volume's source appear inside; never the other way.
    Slave,
}

impl FromStr for Propagation {
    type Err = SpecError;
    fn from_str(text: &str) -> Result<Self, SpecError> {
        match text {
            // docker's words for a recursive bind; ours always are
            "private" | "rprivate" => Ok(Self::Private),
            "slave" | "rslave" => Ok(Self::Slave),
            "shared" | "rshared" => {
                let why = "what a container mounts never spreads to the host; use slave to see what the host mounts";
                Err(SpecError::new(
                    "mount-propagation",
                    format!("{text} is not supported: {why}"),
                ))
            }
            other => Err(SpecError::new(
                "mount-propagation",
                format!("{other:?} is not a mount propagation; use private or slave"),
            )),
        }
    }
}

/// Everything needed to start a container, resolved once from presets, flags and defaults, then
/// saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerSpec {
    /// Identity; names its folder and cgroup.
    pub id: ContainerId,
    /// The name people use; unique among the containers of one state folder.
    pub name: ContainerName,
    /// Image name; `host` is built from this machine's own binaries.
    pub image: String,
    /// Command and arguments; never empty.
    pub argv: Vec<String>,
    /// Whole environment as `KEY=value`.
    pub env: Vec<String>,
    /// Absolute working directory inside the container.
    pub cwd: String,
    /// Host name inside the container.
    pub hostname: String,
    /// Its resource limits.
    #[serde(default)]
    pub limits: Limits,
    /// Whether limits that this kernel cannot enforce are left out instead of refused.
    #[serde(default)]
    pub best_effort: bool,
    /// Which network it sees.
    #[serde(default)]
    pub network: NetworkMode,
    /// Which processes it sees.
    #[serde(default)]
    pub pid: PidMode,
    /// Which shared memory and message queues it sees.
    #[serde(default)]
    pub ipc: IpcMode,
    /// Whether its host name is its own.
    #[serde(default)]
    pub uts: Own,
    /// Whether its cgroup is the root of those that it sees.
    #[serde(default)]
    pub cgroupns: Own,
    /// Whether its users are the host's.
    #[serde(default)]
    pub userns: Userns,
    /// Why its users are the host's, when that was not requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_users: Option<HostUsers>,
    /// The host's ids of its users, chosen when it is created; `None` when they are the host's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<IdRange>,
    /// SELinux categories that separate it from other containers of its type, chosen when it is
    /// created; `None` on a host without SELinux.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub categories: Option<Categories>,
    /// Offsets of its clocks; `None`: it has the host's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clocks: Option<ClockOffsets>,
    /// The user that the command runs as.
    #[serde(default)]
    pub user: User,
    /// Host folders and files shown inside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<Volume>,
    /// tmpfs mounts inside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tmpfs: Vec<Tmpfs>,
    /// Host devices shown inside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<Device>,
    /// A folder of the host as its root, instead of an image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<PathBuf>,
    /// What `root` resolved to when the container was created; anything else is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_found: Option<Source>,
    /// Whether writes go to an overlay over `root` instead of `root` itself.
    #[serde(default)]
    pub overlay: bool,
    /// Whether mounts that the host makes later appear in its volumes.
    #[serde(default)]
    pub propagation: Propagation,
    /// Whether its root is read-only.
    #[serde(default)]
    pub read_only: bool,
    /// Size and place of its writable layer; `None` is unlimited, on disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<Storage>,
    /// Capabilities, seccomp and labels.
    #[serde(default)]
    pub security: Security,
    /// Resource limits of its processes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ulimits: Vec<Ulimit>,
    /// Namespaced kernel settings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sysctls: Vec<Sysctl>,
    /// `/proc/PID/oom_score_adj` of its processes; the supervisor's own when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oom_score_adj: Option<i16>,
    /// Nice value of its processes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nice: Option<i8>,
    /// Additional lines of `/etc/hosts`: name and address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add_hosts: Vec<(String, IpAddr)>,
    /// Name servers instead of the host's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dns: Vec<IpAddr>,
    /// User-defined labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Its health check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<HealthCheck>,
    /// When its log is rotated; the default when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<LogLimits>,
    /// Maximum log growth in bytes a second; lines beyond it are dropped and counted. `None` is
    /// unlimited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_rate: Option<u64>,
    /// Whether it has a terminal.
    #[serde(default)]
    pub tty: bool,
    /// Whether standard input stays open for whoever attaches.
    #[serde(default)]
    pub interactive: bool,
    /// Whether our init is its PID 1, reaping orphans and forwarding signals.
    #[serde(default)]
    pub init: bool,
    /// Whether it is started again when it ends by itself.
    #[serde(default)]
    pub restart: RestartPolicy,
    /// The signal that asks it to stop.
    #[serde(default = "sigterm")]
    pub stop_signal: i32,
    /// Time between the stop signal and SIGKILL, in milliseconds; `None` is the configured default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_timeout_ms: Option<u64>,
    /// Whether it is destroyed when it ends.
    #[serde(default)]
    pub remove: bool,
    /// The preset it came from, for display.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
}

/// The label that names a container's group.
pub const GROUP_LABEL: &str = "minic.group";
/// The label by which docker compose names the project of a container.
const COMPOSE_PROJECT: &str = "com.docker.compose.project";

impl ContainerSpec {
    /// The group that it is listed in: by our label, else by compose's.
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        let label = self.labels.get(self.group_label()?)?;
        Some(label.as_str())
    }

    /// The label that makes this group.
    #[must_use]
    pub fn group_label(&self) -> Option<&'static str> {
        let is_set = |key: &&str| self.labels.get(*key).is_some_and(|value| !value.is_empty());
        [GROUP_LABEL, COMPOSE_PROJECT].into_iter().find(is_set)
    }

    /// One line on where its user ids come from, and why.
    #[must_use]
    pub fn describe_users(&self) -> String {
        match (self.ids, &self.host_users) {
            (Some(ids), _) => {
                let last = ids.count.saturating_sub(1);
                format!(
                    "its own: 0 to {last} inside are {} to {} of the host",
                    ids.first,
                    u64::from(ids.first) + u64::from(last)
                )
            }
            (None, None) => "the host's, as --userns host or its preset asks for".into(),
            (None, Some(why)) => format!("the host's: {why}"),
        }
    }

    /// Refuses read-only mounts with shifted owners for a container that may mount: it could
    /// remount them writable (mount(2), MS_REMOUNT) and would own the host root's files there.
    ///
    /// # Errors
    /// [`SpecError`] of the volume, or of the root.
    pub fn check_read_only(&self) -> Result<(), SpecError> {
        if !self.may_mount() {
            return Ok(());
        }
        let why = "with --cap-add SYS_ADMIN the container could mount it writable again, and be root of the host's files in it";
        match self.shifted_read_only() {
            Some(ReadOnly::Volume(volume)) => Err(SpecError::new(
                "volume",
                format!("{volume}: {why}; leave SYS_ADMIN out, or use ro,noidmap"),
            )),
            Some(ReadOnly::Root) => Err(SpecError::new(
                "read-only",
                format!("{why}; leave SYS_ADMIN out, or use --overlay"),
            )),
            None => Ok(()),
        }
    }

    /// As [`ContainerSpec::check_read_only`], for two containers that share processes and users: one
    /// that may mount can enter the other's mount namespace (setns(2)).
    ///
    /// # Errors
    /// [`SpecError`] of what this container, the newer one, asks for.
    pub fn check_read_only_beside(&self, other: &Self) -> Result<(), SpecError> {
        let name = &other.name;
        if let (true, Some(mount)) = (self.may_mount(), other.shifted_read_only()) {
            return Err(SpecError::new(
                "cap-add",
                format!(
                    "SYS_ADMIN: it would share the processes of {name}, and could mount {mount} of it writable again; leave SYS_ADMIN or --pid out"
                ),
            ));
        }
        match self.shifted_read_only() {
            Some(mount) if other.may_mount() => Err(SpecError::new(
                "pid",
                format!(
                    "{name} has SYS_ADMIN, and could mount {mount} of the new container writable again; leave --pid out, or use noidmap"
                ),
            )),
            _ => Ok(()),
        }
    }

    /// Whether it may mount in a user namespace that is not the host's.
    fn may_mount(&self) -> bool {
        self.userns == Userns::Auto && self.security.capabilities.has("CAP_SYS_ADMIN")
    }

    /// What is mounted read-only with shifted owners.
    fn shifted_read_only(&self) -> Option<ReadOnly> {
        if self.userns != Userns::Auto {
            return None;
        }
        let shifted = |volume: &&Volume| volume.read_only && !volume.no_idmap;
        let volume = self.volumes.iter().find(shifted);
        let root = self.root.is_some() && !self.overlay && self.read_only;
        volume
            .map(|v| ReadOnly::Volume(format!("{}:{}:ro", v.source.display(), v.target)))
            .or(root.then_some(ReadOnly::Root))
    }

    /// What bounds it beside the cgroups' [`Limits`], in words: writable layer, log, resources of
    /// each process (setrlimit(2)).
    #[must_use]
    pub fn other_limits(&self) -> Vec<String> {
        let storage = self.storage.map(|storage| format!("storage {storage}"));
        let log_rate = self
            .log_rate
            .map(|rate| format!("log {}/s", format_bytes(rate)));
        let ulimits = self.ulimits.iter().map(ToString::to_string);
        storage.into_iter().chain(log_rate).chain(ulimits).collect()
    }

    /// The container whose user namespace and ids it shares: `/proc` of a pid namespace can only be
    /// mounted from the user namespace that owns it (pid_namespaces(7)).
    #[must_use]
    pub fn joined_users(&self) -> Option<&ContainerId> {
        match &self.pid {
            PidMode::Container(id) if self.ids.is_some() => Some(id),
            _ => None,
        }
    }
}

/// A read-only mount whose owners are shifted.
enum ReadOnly {
    /// As it was asked for.
    Volume(String),
    Root,
}

impl fmt::Display for ReadOnly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Volume(text) => write!(f, "the volume {text}"),
            Self::Root => f.write_str("the root folder"),
        }
    }
}

/// SIGTERM, the stop signal of records without one.
fn sigterm() -> i32 {
    15
}

#[cfg(test)]
#[path = "read_only_tests.rs"]
mod tests;
