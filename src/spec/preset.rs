//! [`Preset`]: a partial request, with or without a command; also what flags and the launch form
//! produce.

use serde::{Deserialize, Deserializer, Serialize};

use super::amount::{milliseconds, policy};
use super::fields::not_empty;
use super::limits::limit_table;
use super::{
    Amount, CpuLimit, IoLimit, LimitKey, Limits, NetworkMode, PidMode, RestartPolicy, SpecError,
    exact_bytes,
};

macro_rules! define_preset {
    (
        own { $( $(#[$meta:meta])* $own:ident: $own_type:ty, )* }
        limits { $(
            $(#[$doc:meta])*
            $field:ident: $type:ty {
                unit: $unit:ident, name: $name:literal, words: $words:literal, json: $json:literal,
                v1: $v1:expr, v2: $v2:expr,
                keys { $(
                    $key:ident: $kind:ty {
                        flag: $error:literal $flag:literal $value:literal, $(alias: $alias:literal,)? group: $group:ident, example: $example:literal,
                        help: $help:literal,
                        set: $set:expr,
                    }
                )* }
            }
        )* }
    ) => {
        /// A partial request. In config.toml it is a `[presets.NAME]` table; from the command line
        /// and the launch form it holds what the user gave. [`Preset::over`] lays one over another.
        /// Values stay text until [`super::resolve`], so that an error can name the field.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Preset {
            $( $(#[$meta])* pub $own: $own_type, )*
            $( $(
                #[doc = $help]
                #[serde(skip_serializing_if = "Asked::is_blank", deserialize_with = "Asked::read")]
                pub $key: $kind,
            )* )*
        }

        impl Preset {
            /// Merges `self` (explicit settings) over `base` (the preset): unset fields come from
            /// `base`; lists are concatenated, `self`'s last so that they win. Any CPU amount of
            /// `self` replaces all of `base`'s.
            #[must_use]
            pub fn over(self, base: &Self) -> Self {
                let mut base = base.clone();
                if self.cpu.is_some() || self.cpus.is_some() || self.cpu_shares.is_some() {
                    (base.cpu, base.cpus, base.cpu_shares) = (None, None, None);
                }
                Self {
                    $( $own: self.$own.over(base.$own), )*
                    $( $( $key: self.$key.over(base.$key), )* )*
                }
            }

            /// The settings which, laid over `base`, give these; `None` when `base` has a value that
            /// nothing laid over it takes away.
            #[must_use]
            pub fn beyond(&self, base: &Self) -> Option<Self> {
                let mut base = base.clone();
                let amount = |of: &Self| [of.cpu.clone(), of.cpus.clone(), of.cpu_shares.clone()];
                if amount(self) != amount(&base) {
                    if amount(self) == [None, None, None] {
                        return None;
                    }
                    (base.cpu, base.cpus, base.cpu_shares) = (None, None, None);
                }
                Some(Self {
                    $( $own: self.$own.beyond(&base.$own)?, )*
                    $( $( $key: self.$key.beyond(&base.$key)?, )* )*
                })
            }

            /// Its values for the keys of the table of limits.
            pub fn asked_limits(&self) -> impl Iterator<Item = (&'static LimitKey, &[String])> {
                LimitKey::all().zip([ $( $( self.$key.texts(), )* )* ])
            }

            /// Sets `key` to `text`.
            pub fn ask(&mut self, key: &LimitKey, text: String) {
                let field: &mut dyn Asked = match key.key {
                    $( $( stringify!($key) => &mut self.$key, )* )*
                    _ => return,
                };
                field.put(text);
            }
        }
    };
}

limit_table! { define_preset own {
    /// One line for the Presets tab.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Command and arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<Vec<String>>,
    /// Whether limits that this kernel cannot enforce are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    best_effort: Option<bool>,
    /// Image name.
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    /// Network mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    net: Option<NetworkMode<String>>,
    /// Pid mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<PidMode<String>>,
    /// `own`, `host` or `container:ID`: shared memory and message queues.
    #[serde(skip_serializing_if = "Option::is_none")]
    ipc: Option<String>,
    /// `own` or `host`: the host name.
    #[serde(skip_serializing_if = "Option::is_none")]
    uts: Option<String>,
    /// `own` or `host`: the cgroup namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    cgroupns: Option<String>,
    /// `auto` or `host`: the user namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    userns: Option<String>,
    /// `CLOCK=TIME` each: offsets of its clocks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    time_offsets: Vec<String>,
    /// `KEY=value` pairs; a bare `KEY` is resolved from the caller's environment before this point.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    env: Vec<String>,
    /// Working directory inside the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    workdir: Option<String>,
    /// Host name inside the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    hostname: Option<String>,
    /// The restart policy: `no`, `on-failure`, `on-failure:N`, `always`.
    #[serde(skip_serializing_if = "Option::is_none")]
    restart: Option<RestartPolicy>,
    /// Whether our init is its PID 1; by default for a shell line.
    #[serde(skip_serializing_if = "Option::is_none")]
    init: Option<bool>,
    /// Time between the stop signal and SIGKILL.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    stop_timeout: Option<String>,
    /// The stop signal: a name or number.
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_signal: Option<String>,
    /// The user that the command runs as: `UID`, `UID:GID` or a name.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    user: Option<String>,
    /// `SRC:DST[:ro,rw,z,Z,noidmap]` each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    volumes: Vec<String>,
    /// `DST[:size=64M]` each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tmpfs: Vec<String>,
    /// `SRC[:DST]` each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    devices: Vec<String>,
    /// A folder of the host as root, instead of an image.
    #[serde(skip_serializing_if = "Option::is_none")]
    root: Option<String>,
    /// Whether writes go to an overlay over `root`.
    #[serde(skip_serializing_if = "Option::is_none")]
    overlay: Option<bool>,
    /// `private` or `slave` (also `rprivate`, `rslave`).
    #[serde(skip_serializing_if = "Option::is_none")]
    mount_propagation: Option<String>,
    /// Whether the root is read-only.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_only: Option<bool>,
    /// Maximum size of the writable layer: `64M` on disk, `tmpfs:64M` in memory.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    storage: Option<String>,
    /// `NAME=SOFT[:HARD]` each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ulimits: Vec<String>,
    /// `NAME=VALUE` each, namespaced ones only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sysctls: Vec<String>,
    /// -1000 to 1000; higher values are killed first when memory runs out.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    oom_score_adj: Option<String>,
    /// -20 to 19.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    nice: Option<String>,
    /// `NAME:ADDRESS` each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    add_hosts: Vec<String>,
    /// Addresses of name servers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dns: Vec<String>,
    /// Capabilities added to the default set.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cap_add: Vec<String>,
    /// Capabilities dropped from the default set.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cap_drop: Vec<String>,
    /// `default`, `unconfined`, or the absolute path of a profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    seccomp: Option<String>,
    /// `default`, `unconfined`, or the name of a loaded AppArmor profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    apparmor: Option<String>,
    /// `default`, `unconfined`, a type of the SELinux policy, or a whole label.
    #[serde(skip_serializing_if = "Option::is_none")]
    selinux: Option<String>,
    /// Whether execve can never grant privileges (no_new_privs).
    #[serde(skip_serializing_if = "Option::is_none")]
    no_new_privileges: Option<bool>,
    /// Whether it runs without any of these restrictions.
    #[serde(skip_serializing_if = "Option::is_none")]
    privileged: Option<bool>,
    /// `KEY=value` each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    labels: Vec<String>,
    /// The group that it is listed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    /// A shell line that exits with 0 while the container is healthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    health_command: Option<String>,
    /// Time between two health checks: `30s`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    health_interval: Option<String>,
    /// Consecutive failures that make it unhealthy.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    health_retries: Option<String>,
    /// Size at which the log is rotated: `10M`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    log_size: Option<String>,
    /// Log files kept.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    log_files: Option<String>,
    /// Maximum log growth a second, beyond which lines are dropped: `1M`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "amount")]
    log_rate: Option<String>,
} }

/// An optional field of a request.
trait Optional: Sized {
    /// Merges `self` over `base`.
    fn over(self, base: Self) -> Self;
    /// The value that gives `self` when it is merged over `base`, if there is one.
    fn beyond(&self, base: &Self) -> Option<Self>;
}

impl<T: Clone + PartialEq> Optional for Option<T> {
    fn over(self, base: Self) -> Self {
        self.or(base)
    }
    fn beyond(&self, base: &Self) -> Option<Self> {
        if self == base {
            Some(None)
        } else {
            self.clone().map(Some)
        }
    }
}

impl<T: Clone + PartialEq> Optional for Vec<T> {
    fn over(self, mut base: Self) -> Self {
        base.extend(self);
        base
    }
    fn beyond(&self, base: &Self) -> Option<Self> {
        self.strip_prefix(base.as_slice()).map(<[T]>::to_vec)
    }
}

/// The field that holds the value of a limit key.
trait Asked {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>
    where
        Self: Sized;
    fn texts(&self) -> &[String];
    fn put(&mut self, text: String);
    fn is_blank(&self) -> bool {
        self.texts().is_empty()
    }
}

impl Asked for Option<String> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        amount(deserializer)
    }
    fn texts(&self) -> &[String] {
        self.as_slice()
    }
    fn put(&mut self, text: String) {
        *self = Some(text);
    }
}

impl Asked for Vec<String> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
    fn texts(&self) -> &[String] {
        self
    }
    fn put(&mut self, text: String) {
        self.push(text);
    }
}

impl Preset {
    /// Parses the amounts into [`Limits`]. `cpus` and `cpu_shares` override the parts of `cpu`.
    ///
    /// # Errors
    /// [`SpecError`] naming the first wrong field.
    pub fn limits(&self) -> Result<Limits, SpecError> {
        self.limits_over(&Limits::default())
    }

    /// Merges the amounts over `current`; what is not named, each rate of a device too, stays.
    ///
    /// # Errors
    /// [`SpecError`] naming the first wrong field.
    pub fn limits_over(&self, current: &Limits) -> Result<Limits, SpecError> {
        let mut limits = current.clone();
        for (key, texts) in self.asked_limits() {
            for text in texts.iter().map(|text| text.trim()) {
                key.set(&mut limits, text)?;
            }
        }
        Ok(limits)
    }

    /// Refuses an amount beside [`Limits`] that is given but blank.
    pub(super) fn check_amounts(&self) -> Result<(), SpecError> {
        [
            ("storage", &self.storage, "64M"),
            ("oom-score-adj", &self.oom_score_adj, "300"),
            ("nice", &self.nice, "5"),
            ("stop-timeout", &self.stop_timeout, "10s"),
            ("health-interval", &self.health_interval, "30s"),
            ("health-retries", &self.health_retries, "3"),
            ("log-size", &self.log_size, "10M"),
            ("log-files", &self.log_files, "3"),
            ("log-rate", &self.log_rate, "1M"),
        ]
        .into_iter()
        .try_for_each(|(field, value, example)| not_empty(field, value.as_deref(), example))
    }

    /// The request from which [`Preset::limits`] yields exactly `limits`.
    #[must_use]
    pub fn of_limits(limits: &Limits) -> Self {
        let mut preset = Self::default();
        for (limit, amount) in limits.amounts() {
            let text = match amount {
                Amount::Bytes(0) => "0".to_owned(),
                Amount::Bytes(bytes) => exact_bytes(*bytes),
                Amount::Shares(number) | Amount::Count(number) | Amount::Weight(number) => {
                    number.to_string()
                }
                Amount::Micros(usec) => milliseconds(*usec),
                Amount::Cpus(list) => list.clone(),
                Amount::OomGroup(group) => policy(*group).to_owned(),
                Amount::Cap(cap) => {
                    preset.ask_cap(*cap);
                    continue;
                }
                Amount::Rates(devices) => {
                    devices.iter().for_each(|limit| preset.ask_rates(limit));
                    continue;
                }
            };
            if let Some(key) = limit.keys.first() {
                preset.ask(key, text);
            }
        }
        // unset would mean the default
        if limits.pids.is_none() {
            preset.pids = Some("unlimited".into());
        }
        preset
    }

    /// A cap in cores, or in the shares it came from where thousandths of a core are not exact.
    fn ask_cap(&mut self, cap: CpuLimit) {
        let millicores = (cap.cores() * 1000.0).round() as u64;
        let shares = (cap.cores() * 1024.0).ceil() as u64;
        if CpuLimit::from_millicores(millicores) != cap && CpuLimit::from_shares(shares) == cap {
            self.cpu = Some(shares.to_string());
        } else {
            self.cpus = Some(cap.cores().to_string());
        }
    }

    fn ask_rates(&mut self, limit: &IoLimit) {
        let IoLimit {
            device,
            read_bps,
            write_bps,
            read_iops,
            write_iops,
        } = limit;
        let bytes = |rate: &Option<u64>| rate.map(|rate| format!("{device}:{}", exact_bytes(rate)));
        let count = |rate: &Option<u64>| rate.map(|rate| format!("{device}:{rate}"));
        self.device_read_bps.extend(bytes(read_bps));
        self.device_write_bps.extend(bytes(write_bps));
        self.device_read_iops.extend(count(read_iops));
        self.device_write_iops.extend(count(write_iops));
    }
}

/// An amount in a file: text or a number.
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
#[path = "preset_tests.rs"]
mod tests;
