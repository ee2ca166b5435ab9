//! What `run` and `create` take: limits, preset, environment; and how it becomes a request.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::Args;

use super::env_file;
use super::failure::Failure;
use super::limits::{BasicLimits, MoreLimits};
use super::security::SecurityFlags;
use crate::config::{Config, NO_PRESET};
use crate::spec::{ContainerRequest, NetworkMode, PidMode, Preset, RestartPolicy, SpecError};

/// A container as the command line asks for it.
#[derive(Debug, Args)]
pub(super) struct Request {
    /// Its name; by default its id
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Destroy it when it ends
    #[arg(long)]
    rm: bool,

    /// Keep its standard input open
    #[arg(short, long)]
    interactive: bool,

    /// Allocate a terminal
    #[arg(short, long)]
    tty: bool,

    /// The network it sees: "none" (its own, with only lo), "host" or "container:ID"
    #[arg(long, value_name = "MODE", value_parser = net)]
    net: Option<NetworkMode<String>>,

    /// The processes it sees: "own", "host" or "container:ID"; two that share them reach each
    /// other's files and volumes, through /proc/PID/root
    #[arg(long, value_name = "MODE", value_parser = pid)]
    pid: Option<PidMode<String>>,

    /// Set a variable of its environment; a bare KEY takes its value from the caller's environment
    #[arg(short, long, value_name = "KEY[=VALUE]")]
    env: Vec<String>,

    /// Set the variables of a file with a KEY=VALUE or KEY per line; -e overrides it
    #[arg(long = "env-file", value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    env_files: Vec<PathBuf>,

    /// Run a small init as PID 1: it reaps orphans and forwards signals; a shell line, and a
    /// command with a health check, has one by default
    #[arg(long, overrides_with = "no_init")]
    init: bool,

    /// Run the command itself as PID 1, even a shell line
    #[arg(long)]
    no_init: bool,

    /// Its working directory, an absolute path inside
    #[arg(short, long, value_name = "DIR")]
    workdir: Option<String>,

    /// Its host name; by default its name
    #[arg(long, value_name = "NAME")]
    hostname: Option<String>,

    /// The user that the command runs as: UID, UID:GID or a name
    #[arg(short, long, value_name = "USER")]
    user: Option<String>,

    /// When it is restarted after it ended: no, on-failure, on-failure:N or always
    #[arg(long, value_name = "POLICY", value_parser = restart)]
    restart: Option<RestartPolicy>,

    /// The stop signal, TERM by default
    #[arg(long, value_name = "SIGNAL")]
    stop_signal: Option<String>,

    /// Time between the stop signal and SIGKILL: 30, 500ms, 2m [default: stop_grace of the config
    /// file]
    #[arg(long, value_name = "TIME")]
    stop_timeout: Option<String>,

    /// Attach a label to it
    #[arg(short, long = "label", value_name = "KEY=VALUE")]
    labels: Vec<String>,

    /// List it in this group: label minic.group
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,

    #[command(flatten)]
    more: MoreLimits,

    #[command(flatten)]
    limits: LimitFlags,

    #[command(flatten)]
    files: FileFlags,

    #[command(flatten)]
    security: SecurityFlags,

    #[command(flatten)]
    namespaces: NamespaceFlags,

    #[command(flatten)]
    care: HealthAndLogFlags,

    /// The command and its arguments; by default the preset's
    #[arg(value_name = "CMD", trailing_var_arg = true)]
    command: Vec<String>,
}

/// What it may use.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
struct LimitFlags {
    /// Start from a preset of the config file; every other flag overrides it ("none" for no preset)
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,

    #[command(flatten)]
    basic: BasicLimits,

    /// Run without the limits that this kernel does not support, instead of refusing
    #[arg(long)]
    best_effort: bool,

    /// Limit each of its processes: nofile=1024:2048
    #[arg(long = "ulimit", value_name = "NAME=SOFT[:HARD]")]
    ulimits: Vec<String>,

    /// -1000 to 1000; the higher, the sooner it is killed when the host runs out of memory
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    oom_score_adj: Option<String>,

    /// -20 to 19; the higher, the lower its priority for the CPU
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    nice: Option<String>,
}

/// What it sees.
#[derive(Debug, Args)]
#[command(next_help_heading = "Files and names")]
struct FileFlags {
    /// Mount a folder or file of the host; its owners are mapped to ids of the container, or with
    /// noidmap stay those of the host
    #[arg(short, long = "volume", value_name = "SRC:DST[:ro]")]
    volumes: Vec<String>,

    /// Mount a tmpfs
    #[arg(long, value_name = "DST[:size=SIZE]")]
    tmpfs: Vec<String>,

    /// Add a device of the host, to read (r), write (w) and create nodes of (m)
    #[arg(long = "device", value_name = "SRC[:DST][:rwm]")]
    devices: Vec<String>,

    /// A folder of the host as its root, instead of an image
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    root: Option<String>,

    /// Write to a layer of its own over --root
    #[arg(long)]
    overlay: bool,

    /// Mount its root read-only
    #[arg(long)]
    read_only: bool,

    /// Maximum size of its writable layer: SIZE by a project quota of the disk (ext4, XFS), or
    /// tmpfs:SIZE in memory, which counts against its memory limit and is lost when it stops
    #[arg(long, value_name = "[tmpfs:]SIZE")]
    storage: Option<String>,

    /// Whether mounts that the host makes later appear in its volumes: private or slave
    #[arg(long, value_name = "MODE")]
    mount_propagation: Option<String>,

    /// Set a namespaced kernel setting
    #[arg(long = "sysctl", value_name = "NAME=VALUE")]
    sysctls: Vec<String>,

    /// Add a name to its /etc/hosts
    #[arg(long = "add-host", value_name = "NAME:ADDRESS")]
    add_hosts: Vec<String>,

    /// A name server instead of the host's
    #[arg(long, value_name = "ADDRESS")]
    dns: Vec<String>,
}

/// What it shares with the host, or with another container.
#[derive(Debug, Args)]
#[command(next_help_heading = "Namespaces")]
struct NamespaceFlags {
    /// Its user namespace: "auto", with ids of its own, so that root inside is unprivileged
    /// outside, or "host". The default is "auto" (userns in the config file), but "host" for what
    /// ids of its own rule out: --privileged, --net host, --pid host, --ipc host, --device, a
    /// --cap-add that has effect only for the host's users (such as SYS_TIME or MKNOD), joining a
    /// container that has the host's ids, and a kernel without support (before Linux 5.19, or with
    /// user.max_user_namespaces 0). `info` shows which it is
    #[arg(long, value_name = "MODE")]
    userns: Option<String>,

    /// The shared memory and message queues it sees: "own", "host" or "container:ID"
    #[arg(long, value_name = "MODE")]
    ipc: Option<String>,

    /// Its host name: "own" or "host"
    #[arg(long, value_name = "MODE")]
    uts: Option<String>,

    /// The cgroups it sees: "own" (its own as the root) or "host"
    #[arg(long, value_name = "MODE")]
    cgroupns: Option<String>,

    /// Set a clock of its own ahead of the host's: boottime or monotonic
    #[arg(long = "time-offset", value_name = "CLOCK=TIME")]
    time_offsets: Vec<String>,
}

/// How it is looked after.
#[derive(Debug, Args)]
#[command(next_help_heading = "Health and log")]
struct HealthAndLogFlags {
    /// Health check: a shell line that exits 0 while the container is healthy
    #[arg(long, value_name = "LINE")]
    health_cmd: Option<String>,

    /// Time between two health checks: 30s
    #[arg(long, value_name = "TIME")]
    health_interval: Option<String>,

    /// Consecutive failures that make it unhealthy
    #[arg(long, value_name = "COUNT")]
    health_retries: Option<String>,

    /// Size at which its log is rotated: 10M
    #[arg(long, value_name = "SIZE")]
    log_size: Option<String>,

    /// Number of log files that are kept
    #[arg(long, value_name = "COUNT")]
    log_files: Option<String>,

    /// Maximum growth of its log per second: 1M. Output beyond that is not logged, and the log says
    /// how many lines were dropped; without this nothing is dropped
    #[arg(long, value_name = "RATE")]
    log_rate: Option<String>,
}

fn net(text: &str) -> Result<NetworkMode<String>, String> {
    text.parse().map_err(|error: SpecError| error.reason)
}

fn pid(text: &str) -> Result<PidMode<String>, String> {
    text.parse().map_err(|error: SpecError| error.reason)
}

fn restart(text: &str) -> Result<RestartPolicy, String> {
    text.parse().map_err(|error: SpecError| error.reason)
}

impl Request {
    /// Lays the flags over their preset.
    pub(super) fn resolve(self, config: &Config) -> Result<ContainerRequest, Failure> {
        let (limits, files, care) = (self.limits, self.files, self.care);
        let preset = limits
            .preset
            .or_else(|| config.preset.clone())
            .filter(|name| name != NO_PRESET);
        let mut own = Preset {
            command: Some(self.command).filter(|words| !words.is_empty()),
            ulimits: limits.ulimits,
            oom_score_adj: limits.oom_score_adj,
            nice: limits.nice,
            net: self.net,
            pid: self.pid,
            env: environment(
                &[env_file::read(&self.env_files)?, self.env].concat(),
                |name| std::env::var_os(name),
            )?,
            init: if self.init {
                Some(true)
            } else {
                self.no_init.then_some(false)
            },
            stop_timeout: self.stop_timeout,
            ipc: self.namespaces.ipc,
            uts: self.namespaces.uts,
            cgroupns: self.namespaces.cgroupns,
            userns: self.namespaces.userns,
            time_offsets: self.namespaces.time_offsets,
            workdir: self.workdir,
            hostname: self.hostname,
            user: self.user,
            restart: self.restart,
            stop_signal: self.stop_signal,
            labels: self.labels,
            group: self.group,
            volumes: files.volumes,
            tmpfs: files.tmpfs,
            devices: files.devices,
            root: files.root,
            overlay: files.overlay.then_some(true),
            read_only: files.read_only.then_some(true),
            storage: files.storage,
            mount_propagation: files.mount_propagation,
            sysctls: files.sysctls,
            add_hosts: files.add_hosts,
            dns: files.dns,
            health_command: care.health_cmd,
            health_interval: care.health_interval,
            health_retries: care.health_retries,
            log_size: care.log_size,
            log_files: care.log_files,
            log_rate: care.log_rate,
            best_effort: limits.best_effort.then_some(true),
            ..Preset::default()
        };
        self.security.put_into(&mut own)?;
        limits.basic.put_into(&mut own);
        self.more.put_into(&mut own);
        let settings = match &preset {
            Some(name) => own.over(config.preset(name)?),
            None => own,
        };
        Ok(ContainerRequest {
            name: self.name,
            settings,
            preset,
            tty: self.tty,
            interactive: self.interactive,
            remove: self.rm,
        })
    }
}

/// `KEY=value` stays; a bare `KEY` takes the value that `ours` has, and is left out when it has
/// none, as docker does.
pub(super) fn environment(
    asked: &[String],
    ours: impl Fn(&str) -> Option<OsString>,
) -> Result<Vec<String>, SpecError> {
    let mut pairs = Vec::new();
    for word in asked {
        if word.contains('=') {
            pairs.push(word.clone());
        } else if word.is_empty() || word.contains('\0') {
            return Err(SpecError::new(
                "env",
                format!("{word:?} is not KEY=value or KEY"),
            ));
        } else if let Some(value) = ours(word) {
            let text = value.into_string();
            let text = text.map_err(|_| {
                SpecError::new(
                    "env",
                    format!("the value of {word} in our environment is not UTF-8"),
                )
            })?;
            pairs.push(format!("{word}={text}"));
        }
    }
    Ok(pairs)
}

/// A terminal inside that is typed into needs one outside.
pub(super) fn need_terminal(tty: bool, interactive: bool) -> Result<(), Failure> {
    if tty && interactive && !io::stdin().is_terminal() {
        return Err(Failure::ours(
            "-it needs a terminal, and standard input is none (use -i alone)",
        ));
    }
    Ok(())
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
