//! [`ContainerSpec`]: everything needed to start a container, and to start it again.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{
    Categories, ClockOffsets, ContainerId, ContainerName, Device, HealthCheck, HostUsers, IdRange,
    IpcMode, Limits, LogLimits, NetworkMode, Own, PidMode, RestartPolicy, Security, Source,
    SpecError, Storage, Sysctl, Tmpfs, Ulimit, User, Userns, Volume,
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
            // docker's words for a bind and everything below it; here it is everything in any case
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

/// Everything needed to start a container. Resolved from presets, flags and defaults once, saved
/// once, never guessed again.
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
    /// What it may use.
    #[serde(default)]
    pub limits: Limits,
    /// Whether it runs without the limits that this kernel cannot give.
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
    /// Why they are the host's, when nobody asked for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_users: Option<HostUsers>,
    /// The host's ids of its users, chosen when it is created; `None` when they are the host's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<IdRange>,
    /// What keeps it apart from other containers of its SELinux type, chosen when it is created;
    /// `None` where the host has no SELinux then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub categories: Option<Categories>,
    /// Offsets of its clocks; `None` leaves it the host's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clocks: Option<ClockOffsets>,
    /// Who the command runs as.
    #[serde(default)]
    pub user: User,
    /// Host folders and files shown inside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<Volume>,
    /// Memory file systems inside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tmpfs: Vec<Tmpfs>,
    /// Host devices shown inside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<Device>,
    /// A folder of the host as its root, instead of an image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<PathBuf>,
    /// What `root` led to when the container was created: only that is its root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_found: Option<Source>,
    /// Whether what it writes to `root` goes to a layer of its own instead.
    #[serde(default)]
    pub overlay: bool,
    /// Whether mounts that the host makes later appear in its volumes.
    #[serde(default)]
    pub propagation: Propagation,
    /// Whether its root is read-only.
    #[serde(default)]
    pub read_only: bool,
    /// How much it may write to its own layer, and where that is; `None` leaves it the whole disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<Storage>,
    /// What it may do.
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
    /// More lines for `/etc/hosts`: name and address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add_hosts: Vec<(String, IpAddr)>,
    /// Name servers instead of the host's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dns: Vec<IpAddr>,
    /// What people attach to it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The command that tells whether it does its work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<HealthCheck>,
    /// When its log is rotated; the default when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<LogLimits>,
    /// Most bytes that its log grows by in a second; lines beyond that are dropped and counted.
    /// `None`: nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_rate: Option<u64>,
    /// Whether it has a terminal.
    #[serde(default)]
    pub tty: bool,
    /// Whether standard input stays open for whoever attaches.
    #[serde(default)]
    pub interactive: bool,
    /// Whether a small init of ours is its PID 1, reaping orphans and passing signals on.
    #[serde(default)]
    pub init: bool,
    /// Whether it is started again when it ends by itself.
    #[serde(default)]
    pub restart: RestartPolicy,
    /// The signal that asks it to stop.
    #[serde(default = "sigterm")]
    pub stop_signal: i32,
    /// Time between asking it to stop and killing it, in milliseconds; the configured one when
    /// `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_timeout_ms: Option<u64>,
    /// Whether it is destroyed when it ends.
    #[serde(default)]
    pub remove: bool,
    /// The preset it came from, for display.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
}

impl ContainerSpec {
    /// Whose users its users are, and why, in a line.
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

    /// Refuses what is shown read-only with shifted owners to a container that may mount: it would
    /// mount it writable again (mount(2), MS_REMOUNT), and own there what root of the host owns.
    ///
    /// # Errors
    /// [`SpecError`] of the volume, or of the root.
    pub fn check_read_only(&self) -> Result<(), SpecError> {
        if self.userns != Userns::Auto || !self.security.capabilities.has("CAP_SYS_ADMIN") {
            return Ok(());
        }
        let why = "with --cap-add SYS_ADMIN the container could mount it writable again, and be root of the host's files in it";
        if let Some(volume) = self
            .volumes
            .iter()
            .find(|volume| volume.read_only && !volume.no_idmap)
        {
            let what = format!("{}:{}:ro", volume.source.display(), volume.target);
            return Err(SpecError::new(
                "volume",
                format!("{what}: {why}; leave SYS_ADMIN out, or use ro,noidmap"),
            ));
        }
        if self.root.is_some() && !self.overlay && self.read_only {
            return Err(SpecError::new(
                "read-only",
                format!("{why}; leave SYS_ADMIN out, or use --overlay"),
            ));
        }
        Ok(())
    }

    /// The container whose user namespace it is in, with that one's ids: whoever shares its
    /// processes must be of its users, or could not have a `/proc` for them (the owner of a pid
    /// namespace mounts it, pid_namespaces(7)).
    #[must_use]
    pub fn joined_users(&self) -> Option<&ContainerId> {
        match &self.pid {
            PidMode::Container(id) if self.ids.is_some() => Some(id),
            _ => None,
        }
    }
}

/// SIGTERM, the stop signal of records that name none.
fn sigterm() -> i32 {
    15
}
