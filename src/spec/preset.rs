//! [`Preset`]: a limit profile, with or without a command; also the shape of what flags and the
//! launch form ask for.

use serde::{Deserialize, Deserializer, Serialize};

use super::finer::parse_finer;
use super::{
    CpuLimit, Limits, NetworkMode, PidMode, RestartPolicy, SpecError, parse_cpus, parse_memory,
    parse_shares,
};

/// A partial request. In config.toml it is a `[presets.NAME]` table; from the command line and the
/// launch form it holds what the user gave. [`Preset::over`] lays one over another. Values stay
/// text until [`super::resolve`], so that an error can name the field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Preset {
    /// One line for the Presets tab.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Command and arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// `128`, `64M`, `1.5G`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    pub memory: Option<String>,
    /// Swap beyond memory, as `memory`; `0` allows none.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    pub swap: Option<String>,
    /// Shares **and** a cap of shares/1024 of a core, as Mini Container documents it.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    pub cpu: Option<String>,
    /// Only the cap, in cores.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    pub cpus: Option<String>,
    /// Only the weight.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    pub cpu_shares: Option<String>,
    /// Most processes and threads.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    pub pids: Option<String>,
    /// CPU time that may be saved up and used beyond the cap: `20ms`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    pub cpu_burst: Option<String>,
    /// CPUs it may run on: `0-2,4`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    pub cpuset: Option<String>,
    /// Memory above which it is slowed down: `64M`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    pub memory_high: Option<String>,
    /// Memory that is reclaimed last.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    pub memory_low: Option<String>,
    /// Memory that is never reclaimed.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    pub memory_min: Option<String>,
    /// `group` or `process`: what want of memory kills.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    pub oom_policy: Option<String>,
    /// Weight of its block I/O, 1 to 10000.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    pub io_weight: Option<String>,
    /// `PATH:RATE` each: most bytes read a second.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub device_read_bps: Vec<String>,
    /// `PATH:RATE` each: most bytes written a second.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub device_write_bps: Vec<String>,
    /// `PATH:RATE` each: most reads a second.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub device_read_iops: Vec<String>,
    /// `PATH:RATE` each: most writes a second.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub device_write_iops: Vec<String>,
    /// Whether it runs without the limits that this kernel cannot give.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best_effort: Option<bool>,
    /// Image name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Network mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub net: Option<NetworkMode>,
    /// Pid mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<PidMode>,
    /// `own`, `host` or `container:ID`: shared memory and message queues.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipc: Option<String>,
    /// `own` or `host`: the host name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uts: Option<String>,
    /// `own` or `host`: which cgroups it sees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cgroupns: Option<String>,
    /// `auto` or `host`: whose users its users are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userns: Option<String>,
    /// `CLOCK=TIME` each: how far its clocks are ahead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub time_offsets: Vec<String>,
    /// `KEY=value` pairs; a bare `KEY` is resolved from the caller's environment before this point.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<String>,
    /// Working directory inside the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workdir: Option<String>,
    /// Host name inside the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// Whether it is started again when it ends: `no`, `on-failure`, `on-failure:N`, `always`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart: Option<RestartPolicy>,
    /// Whether a small init of ours is its PID 1; by default for a shell line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init: Option<bool>,
    /// Time between asking it to stop and killing it.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    pub stop_timeout: Option<String>,
    /// The signal that asks it to stop: a name or number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_signal: Option<String>,
    /// Who the command runs as: `UID`, `UID:GID` or a name.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    pub user: Option<String>,
    /// `SRC:DST[:ro,rw,z,Z,noidmap]` each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<String>,
    /// `DST[:size=64M]` each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tmpfs: Vec<String>,
    /// `SRC[:DST]` each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<String>,
    /// A folder of the host as root, instead of an image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Whether what is written to `root` goes to a layer of the container's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlay: Option<bool>,
    /// `private` or `slave` (also `rprivate`, `rslave`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mount_propagation: Option<String>,
    /// Whether the root is read-only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
    /// How much may be written to the container's own layer: `64M` on disk, `tmpfs:64M` in memory.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    pub storage: Option<String>,
    /// `NAME=SOFT[:HARD]` each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ulimits: Vec<String>,
    /// `NAME=VALUE` each, namespaced ones only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sysctls: Vec<String>,
    /// -1000 to 1000; the higher, the sooner the kernel kills it for want of memory.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    pub oom_score_adj: Option<String>,
    /// -20 to 19.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    pub nice: Option<String>,
    /// `NAME:ADDRESS` each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add_hosts: Vec<String>,
    /// Addresses of name servers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dns: Vec<String>,
    /// Capabilities beyond the usual ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cap_add: Vec<String>,
    /// Usual capabilities that it does not have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cap_drop: Vec<String>,
    /// `default`, `unconfined`, or the absolute path of a profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seccomp: Option<String>,
    /// `default`, `unconfined`, or the name of a loaded AppArmor profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apparmor: Option<String>,
    /// `default`, `unconfined`, a type of the SELinux policy, or a whole label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selinux: Option<String>,
    /// Whether a setuid program gives nobody more than they have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_new_privileges: Option<bool>,
    /// Whether it gives all of this up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privileged: Option<bool>,
    /// `KEY=value` each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// A shell line that exits 0 while the container does its work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_command: Option<String>,
    /// Time between two health checks: `30s`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    pub health_interval: Option<String>,
    /// Failures in a row that make it unhealthy.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    pub health_retries: Option<String>,
    /// Size at which the log is rotated: `10M`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    pub log_size: Option<String>,
    /// Log files kept.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    pub log_files: Option<String>,
    /// What its log may grow by in a second, beyond which lines are dropped: `1M`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    pub log_rate: Option<String>,
}

impl Preset {
    /// Lays `self` (what was asked explicitly) over `base` (the preset): what `self` does not say
    /// comes from `base`; lists are joined, `self`'s last so that they win. Any CPU amount of
    /// `self` replaces all of `base`'s.
    #[must_use]
    pub fn over(self, base: &Self) -> Self {
        let own_cpu = self.cpu.is_some() || self.cpus.is_some() || self.cpu_shares.is_some();
        let cpu_of = |own: Option<String>, theirs: &Option<String>| {
            own.or_else(|| if own_cpu { None } else { theirs.clone() })
        };
        Self {
            description: self.description.or_else(|| base.description.clone()),
            command: self.command.or_else(|| base.command.clone()),
            memory: self.memory.or_else(|| base.memory.clone()),
            swap: self.swap.or_else(|| base.swap.clone()),
            cpu: cpu_of(self.cpu, &base.cpu),
            cpus: cpu_of(self.cpus, &base.cpus),
            cpu_shares: cpu_of(self.cpu_shares, &base.cpu_shares),
            pids: self.pids.or_else(|| base.pids.clone()),
            cpu_burst: self.cpu_burst.or(base.cpu_burst.clone()),
            cpuset: self.cpuset.or(base.cpuset.clone()),
            memory_high: self.memory_high.or(base.memory_high.clone()),
            memory_low: self.memory_low.or(base.memory_low.clone()),
            memory_min: self.memory_min.or(base.memory_min.clone()),
            oom_policy: self.oom_policy.or(base.oom_policy.clone()),
            io_weight: self.io_weight.or(base.io_weight.clone()),
            device_read_bps: base
                .device_read_bps
                .iter()
                .cloned()
                .chain(self.device_read_bps)
                .collect(),
            device_write_bps: base
                .device_write_bps
                .iter()
                .cloned()
                .chain(self.device_write_bps)
                .collect(),
            device_read_iops: base
                .device_read_iops
                .iter()
                .cloned()
                .chain(self.device_read_iops)
                .collect(),
            device_write_iops: base
                .device_write_iops
                .iter()
                .cloned()
                .chain(self.device_write_iops)
                .collect(),
            best_effort: self.best_effort.or(base.best_effort),
            image: self.image.or_else(|| base.image.clone()),
            net: self.net.or(base.net.clone()),
            pid: self.pid.or(base.pid.clone()),
            ipc: self.ipc.or(base.ipc.clone()),
            uts: self.uts.or(base.uts.clone()),
            cgroupns: self.cgroupns.or(base.cgroupns.clone()),
            userns: self.userns.or(base.userns.clone()),
            time_offsets: base
                .time_offsets
                .iter()
                .cloned()
                .chain(self.time_offsets)
                .collect(),
            env: base.env.iter().cloned().chain(self.env).collect(),
            workdir: self.workdir.or_else(|| base.workdir.clone()),
            hostname: self.hostname.or_else(|| base.hostname.clone()),
            restart: self.restart.or(base.restart),
            init: self.init.or(base.init),
            stop_timeout: self.stop_timeout.or_else(|| base.stop_timeout.clone()),
            stop_signal: self.stop_signal.or_else(|| base.stop_signal.clone()),
            user: self.user.or(base.user.clone()),
            volumes: base.volumes.iter().cloned().chain(self.volumes).collect(),
            tmpfs: base.tmpfs.iter().cloned().chain(self.tmpfs).collect(),
            devices: base.devices.iter().cloned().chain(self.devices).collect(),
            root: self.root.or(base.root.clone()),
            overlay: self.overlay.or(base.overlay),
            mount_propagation: self.mount_propagation.or(base.mount_propagation.clone()),
            read_only: self.read_only.or(base.read_only),
            storage: self.storage.or(base.storage.clone()),
            ulimits: base.ulimits.iter().cloned().chain(self.ulimits).collect(),
            sysctls: base.sysctls.iter().cloned().chain(self.sysctls).collect(),
            oom_score_adj: self.oom_score_adj.or(base.oom_score_adj.clone()),
            nice: self.nice.or(base.nice.clone()),
            add_hosts: base
                .add_hosts
                .iter()
                .cloned()
                .chain(self.add_hosts)
                .collect(),
            dns: base.dns.iter().cloned().chain(self.dns).collect(),
            cap_add: base.cap_add.iter().cloned().chain(self.cap_add).collect(),
            cap_drop: base.cap_drop.iter().cloned().chain(self.cap_drop).collect(),
            seccomp: self.seccomp.or(base.seccomp.clone()),
            apparmor: self.apparmor.or(base.apparmor.clone()),
            selinux: self.selinux.or(base.selinux.clone()),
            no_new_privileges: self.no_new_privileges.or(base.no_new_privileges),
            privileged: self.privileged.or(base.privileged),
            labels: base.labels.iter().cloned().chain(self.labels).collect(),
            health_command: self.health_command.or(base.health_command.clone()),
            health_interval: self.health_interval.or(base.health_interval.clone()),
            health_retries: self.health_retries.or(base.health_retries.clone()),
            log_size: self.log_size.or(base.log_size.clone()),
            log_files: self.log_files.or(base.log_files.clone()),
            log_rate: self.log_rate.or(base.log_rate.clone()),
        }
    }

    /// Parses the amounts into [`Limits`]. `cpus` and `cpu_shares` refine what `cpu` says.
    ///
    /// # Errors
    /// [`SpecError`] naming the first wrong field.
    pub fn limits(&self) -> Result<Limits, SpecError> {
        let text = |value: &Option<String>| {
            value
                .as_deref()
                .map(str::trim)
                .filter(|t| !t.is_empty())
                .map(str::to_owned)
        };
        let mut limits = Limits::default();
        if let Some(memory) = text(&self.memory) {
            limits.memory = Some(parse_memory("memory", &memory)?);
        }
        if let Some(swap) = text(&self.swap) {
            limits.swap = Some(if swap == "0" {
                0
            } else {
                parse_memory("swap", &swap)?
            });
        }
        if let Some(cpu) = text(&self.cpu) {
            let shares = parse_shares("cpu", &cpu)?;
            limits.cpu_shares = Some(shares);
            limits.cpu = Some(CpuLimit::from_shares(shares));
        }
        if let Some(cpus) = text(&self.cpus) {
            limits.cpu = Some(CpuLimit::from_millicores(parse_cpus("cpus", &cpus)?));
        }
        if let Some(shares) = text(&self.cpu_shares) {
            limits.cpu_shares = Some(parse_shares("cpu-shares", &shares)?);
        }
        if let Some(pids) = text(&self.pids) {
            match pids.parse::<u64>() {
                _ if matches!(pids.as_str(), "0" | "-1" | "unlimited") => limits.pids = None,
                Ok(count) if (1..=4_194_304).contains(&count) => limits.pids = Some(count),
                _ => {
                    return Err(SpecError::new(
                        "pids",
                        format!(
                            "{pids:?} is not a number of processes; use 1 to 4194304, or unlimited"
                        ),
                    ));
                }
            }
        }
        parse_finer(self, &mut limits)?;
        Ok(limits)
    }
}

/// An amount in a file: text, or a number as it is written there.
fn amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "expected an amount: a number, or text with a unit such as \"64M\""
    )]
    enum Amount {
        Text(String),
        Whole(i64),
        Fraction(f64),
    }
    Ok(Some(match Amount::deserialize(deserializer)? {
        Amount::Text(text) => text,
        Amount::Whole(number) => number.to_string(),
        Amount::Fraction(number) => number.to_string(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn cpu_is_shares_and_cap_cpus_only_cap_shares_only_weight() {
        let limits = |preset: Preset| preset.limits().unwrap();
        let both = limits(Preset {
            cpu: some("512"),
            ..Preset::default()
        });
        assert_eq!(
            (both.cpu_shares, both.cpu.unwrap().cores()),
            (Some(512), 0.5)
        );
        let cap = limits(Preset {
            cpus: some("0.5"),
            ..Preset::default()
        });
        assert_eq!((cap.cpu_shares, cap.cpu.unwrap().cores()), (None, 0.5));
        let weight = limits(Preset {
            cpu_shares: some("512"),
            ..Preset::default()
        });
        assert_eq!((weight.cpu_shares, weight.cpu), (Some(512), None));
    }

    #[test]
    fn own_cpu_amount_replaces_the_presets() {
        let base = Preset {
            cpu: some("256"),
            memory: some("300"),
            env: vec!["A=1".into()],
            ..Preset::default()
        };
        let own = Preset {
            cpus: some("2"),
            env: vec!["A=2".into()],
            ..Preset::default()
        };
        let laid = own.over(&base);
        assert_eq!(
            (
                laid.cpu.as_deref(),
                laid.cpus.as_deref(),
                laid.memory.as_deref()
            ),
            (None, Some("2"), Some("300"))
        );
        assert_eq!(laid.env, ["A=1", "A=2"]);
    }

    #[test]
    fn amounts_in_a_file_may_be_numbers() {
        let preset: Preset = toml::from_str("memory = 300\ncpus = 0.5\npids = \"64\"").unwrap();
        assert_eq!(
            (
                preset.memory.as_deref(),
                preset.cpus.as_deref(),
                preset.pids.as_deref()
            ),
            (Some("300"), Some("0.5"), Some("64"))
        );
        assert!(
            toml::from_str::<Preset>("memory = true")
                .unwrap_err()
                .message()
                .contains("amount")
        );
    }

    #[test]
    fn wrong_field_is_named() {
        let error = Preset {
            pids: some("many"),
            ..Preset::default()
        }
        .limits()
        .unwrap_err();
        assert_eq!(error.field, "pids");
    }
}
