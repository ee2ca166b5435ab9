//! What `run` and `create` take of the container's surroundings: its root, what of the host it sees, who it is.

use clap::Args;

use crate::spec::{PidMode, Preset, SpecError};

/// The container's surroundings.
#[derive(Debug, Args)]
#[command(next_help_heading = "Surroundings")]
pub(super) struct Surroundings {
    /// Use a folder of the host as root, instead of the image built from its binaries
    #[arg(long, value_name = "DIR")]
    root: Option<String>,

    /// With --root: keep what it writes in a layer of its own
    #[arg(long)]
    overlay: bool,

    /// Make its root read-only
    #[arg(long)]
    read_only: bool,

    /// Show a host folder or file inside: SRC:DST or SRC:DST:ro
    #[arg(short, long = "volume", value_name = "SRC:DST[:ro]")]
    volumes: Vec<String>,

    /// Mount a memory file system inside: DST or DST:size=64M
    #[arg(long, value_name = "DST[:size=SIZE]")]
    tmpfs: Vec<String>,

    /// Show a host device inside
    #[arg(long = "device", value_name = "SRC[:DST]")]
    devices: Vec<String>,

    /// "slave" lets mounts that the host makes later appear in its volumes; "private" is usual
    #[arg(long, value_name = "MODE")]
    mount_propagation: Option<String>,

    /// Run as this user: UID, UID:GID, root or nobody
    #[arg(short, long, value_name = "USER")]
    user: Option<String>,

    /// The processes it sees: "own", "host" or "container:ID"
    #[arg(long, value_name = "MODE", value_parser = pid)]
    pid: Option<PidMode>,

    /// Limit a resource of its processes: nofile=1024:2048
    #[arg(long = "ulimit", value_name = "NAME=SOFT[:HARD]")]
    ulimits: Vec<String>,

    /// Set a kernel setting of its own namespaces: net.ipv4.ip_forward=1
    #[arg(long = "sysctl", value_name = "NAME=VALUE")]
    sysctls: Vec<String>,

    /// Add a line to its /etc/hosts
    #[arg(long = "add-host", value_name = "NAME:ADDRESS")]
    add_hosts: Vec<String>,

    /// Use this name server instead of the host's
    #[arg(long, value_name = "ADDRESS")]
    dns: Vec<String>,
}

fn pid(text: &str) -> Result<PidMode, String> {
    text.parse().map_err(|error: SpecError| error.reason)
}

impl Surroundings {
    /// Puts what was asked into `request`.
    pub fn put_into(self, request: &mut Preset) {
        request.root = self.root;
        request.overlay = self.overlay.then_some(true);
        request.read_only = self.read_only.then_some(true);
        request.volumes = self.volumes;
        request.tmpfs = self.tmpfs;
        request.devices = self.devices;
        request.mount_propagation = self.mount_propagation;
        request.user = self.user;
        request.pid = self.pid;
        request.ulimits = self.ulimits;
        request.sysctls = self.sysctls;
        request.add_hosts = self.add_hosts;
        request.dns = self.dns;
    }
}
