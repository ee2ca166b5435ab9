//! The amounts of limits: [`CpuLimit`], [`IoLimit`], the units they come in, and how each is parsed
//! and written.

use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::{SpecError, format_bytes, parse_bytes, parse_duration, parse_memory};

/// The kernel's default bandwidth period, in microseconds.
const DEFAULT_PERIOD_USEC: u64 = 100_000;
/// The kernel's minimum quota, in microseconds (`min_cfs_quota_period`).
const MIN_QUOTA_USEC: u64 = 1_000;

/// A cap on CPU time: at most `quota_usec` of CPU in each `period_usec` of wall time.
/// (kernel: Documentation/scheduler/sched-bwc.rst; OCI runtime spec, config-linux.md#cpu)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CpuLimit {
    /// CPU microseconds in each period.
    pub quota_usec: u64,
    /// Length of a period in microseconds, 1,000 to 1,000,000.
    pub period_usec: u64,
}

impl CpuLimit {
    /// The cap for thousandths of a core, with the kernel's default period.
    #[must_use]
    pub fn from_millicores(millicores: u64) -> Self {
        let quota = (millicores.saturating_mul(DEFAULT_PERIOD_USEC) / 1000).max(MIN_QUOTA_USEC);
        Self {
            quota_usec: quota,
            period_usec: DEFAULT_PERIOD_USEC,
        }
    }

    /// The cap that `shares` / 1024 of a core stands for.
    #[must_use]
    pub fn from_shares(shares: u64) -> Self {
        let quota = (shares.saturating_mul(DEFAULT_PERIOD_USEC) / 1024).max(MIN_QUOTA_USEC);
        Self {
            quota_usec: quota,
            period_usec: DEFAULT_PERIOD_USEC,
        }
    }

    /// The cap in cores (0.5 is half a core).
    #[must_use]
    pub fn cores(&self) -> f64 {
        self.quota_usec as f64 / self.period_usec as f64
    }
}

/// Maximum I/O on one block device.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IoLimit {
    /// Absolute path of the device.
    pub device: String,
    /// Bytes read a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_bps: Option<u64>,
    /// Bytes written a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write_bps: Option<u64>,
    /// Reads a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_iops: Option<u64>,
    /// Writes a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write_iops: Option<u64>,
}

/// Declares [`Unit`] and [`Amount`], which has a value of it.
macro_rules! units {
    ($( $(#[$doc:meta])* $unit:ident($type:ty), )*) => {
        /// The unit of a limit.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Unit { $( $(#[$doc])* $unit, )* }

        /// An amount of a limit.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Amount<'a> { $( $(#[$doc])* $unit(&'a $type), )* }
    };
}

units! {
    /// Bytes.
    Bytes(u64),
    /// A cap on CPU time.
    Cap(CpuLimit),
    /// CPU shares.
    Shares(u64),
    /// A plain number; `unlimited` removes the default.
    Count(u64),
    /// Microseconds.
    Micros(u64),
    /// A list of CPUs.
    Cpus(String),
    /// Whether an OOM kill ends the whole group.
    OomGroup(bool),
    /// A weight of block I/O.
    Weight(u64),
    /// Rates of block I/O, by device.
    Rates(Vec<IoLimit>),
}

/// A field of `Limits`.
pub(super) trait Slot {
    /// The type of its value.
    type Value;
    /// The value; `None` when there is no limit.
    fn value(&self) -> Option<&Self::Value>;
    /// Whether there is no limit.
    fn is_unset(&self) -> bool {
        self.value().is_none()
    }
}

impl<T> Slot for Option<T> {
    type Value = T;
    fn value(&self) -> Option<&T> {
        self.as_ref()
    }
}

impl<T> Slot for Vec<T> {
    type Value = Self;
    fn value(&self) -> Option<&Self> {
        Some(self).filter(|list| !list.is_empty())
    }
}

impl Unit {
    /// The word for "no limit" in messages.
    #[must_use]
    pub fn unset(self) -> &'static str {
        match self {
            Self::Cpus => "all",
            Self::OomGroup => "process",
            Self::Bytes
            | Self::Cap
            | Self::Shares
            | Self::Count
            | Self::Micros
            | Self::Weight
            | Self::Rates => "unlimited",
        }
    }

    /// Its type in JSON Schema.
    #[must_use]
    pub fn json_type(self) -> &'static str {
        match self {
            Self::Bytes | Self::Shares | Self::Count | Self::Micros | Self::Weight => "integer",
            Self::Cap => "number",
            Self::Cpus => "string",
            Self::OomGroup => "boolean",
            Self::Rates => "array",
        }
    }

    /// Its unit in JSON, where the field's name does not include it.
    #[must_use]
    pub fn json_unit(self) -> Option<&'static str> {
        match self {
            Self::Bytes => Some("bytes"),
            Self::Cap => Some("cores"),
            Self::Shares
            | Self::Count
            | Self::Micros
            | Self::Cpus
            | Self::OomGroup
            | Self::Weight
            | Self::Rates => None,
        }
    }
}

impl Amount<'_> {
    /// For display: `64.0M`, `0.5 cores`, `20ms`.
    #[must_use]
    pub fn words(&self) -> String {
        match *self {
            Self::Bytes(bytes) => format_bytes(*bytes),
            Self::Cap(cap) => format!("{} cores", (cap.cores() * 1000.0).round() / 1000.0),
            Self::Shares(number) | Self::Count(number) | Self::Weight(number) => number.to_string(),
            Self::Micros(usec) => milliseconds(*usec),
            Self::Cpus(list) => list.clone(),
            Self::OomGroup(group) => policy(*group).to_owned(),
            Self::Rates(devices) => devices
                .iter()
                .map(IoLimit::words)
                .collect::<Vec<_>>()
                .join(", "),
        }
    }
}

impl Serialize for Amount<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Bytes(number)
            | Self::Shares(number)
            | Self::Count(number)
            | Self::Micros(number)
            | Self::Weight(number) => serializer.serialize_u64(*number),
            Self::Cap(cap) => serializer.serialize_f64(cap.cores()),
            Self::Cpus(list) => serializer.serialize_str(list),
            Self::OomGroup(group) => serializer.serialize_bool(*group),
            Self::Rates(devices) => devices.serialize(serializer),
        }
    }
}

/// `20ms`, exactly.
pub(super) fn milliseconds(usec: u64) -> String {
    format!("{}ms", usec as f64 / 1000.0)
}

/// The name of an OOM policy.
pub(super) fn policy(group: bool) -> &'static str {
    if group { "group" } else { "process" }
}

/// Puts a parsed value into its slot.
pub(super) fn set<T>(slot: &mut Option<T>, parsed: Result<T, SpecError>) -> Result<(), SpecError> {
    *slot = Some(parsed?);
    Ok(())
}

/// Sets both the weight and the cap from shares, as Mini Container documents them.
pub(super) fn set_cpu(
    cap: &mut Option<CpuLimit>,
    weight: &mut Option<u64>,
    parsed: Result<u64, SpecError>,
) -> Result<(), SpecError> {
    let shares = parsed?;
    *weight = Some(shares);
    *cap = Some(CpuLimit::from_shares(shares));
    Ok(())
}

/// Sets one rate of one device in `devices`.
pub(super) fn set_rate(
    devices: &mut Vec<IoLimit>,
    field: &'static str,
    text: &str,
    rate_of: fn(&mut IoLimit) -> &mut Option<u64>,
) -> Result<(), SpecError> {
    let (device, rate) = device_rate(field, text)?;
    let known = devices.iter().position(|limit| limit.device == device);
    let at = known.unwrap_or_else(|| {
        devices.push(IoLimit {
            device,
            ..IoLimit::default()
        });
        devices.len() - 1
    });
    *rate_of(&mut devices[at]) = Some(rate);
    Ok(())
}

/// A memory size, or 0 for no swap.
pub(super) fn swap(field: &'static str, text: &str) -> Result<u64, SpecError> {
    if text == "0" {
        return Ok(0);
    }
    parse_memory(field, text)
}

/// A number of processes; `None` is "unlimited".
pub(super) fn pids(field: &'static str, text: &str) -> Result<Option<u64>, SpecError> {
    match text.parse::<u64>() {
        _ if matches!(text, "0" | "-1" | "unlimited") => Ok(None),
        Ok(count) if (1..=4_194_304).contains(&count) => Ok(Some(count)),
        _ => Err(SpecError::new(
            field,
            format!("{text:?} is not a number of processes; use 1 to 4194304, or unlimited"),
        )),
    }
}

/// A time, in microseconds.
pub(super) fn micros(field: &'static str, text: &str) -> Result<u64, SpecError> {
    parse_duration(field, text).map(|time| time.as_micros() as u64)
}

/// An OOM policy.
pub(super) fn oom_policy(field: &'static str, text: &str) -> Result<bool, SpecError> {
    match text {
        "group" => Ok(true),
        "process" => Ok(false),
        other => Err(SpecError::new(
            field,
            format!("{other:?} is not an OOM policy; use group or process"),
        )),
    }
}

/// A weight of block I/O.
pub(super) fn weight(field: &'static str, text: &str) -> Result<u64, SpecError> {
    match text.parse() {
        Ok(weight @ 1..=10_000) => Ok(weight),
        _ => Err(SpecError::new(
            field,
            format!("{text:?} is not a weight; use 1 to 10000, 100 being the default"),
        )),
    }
}

/// `PATH:RATE`; bytes take units as memory does, operations are a plain number.
fn device_rate(field: &'static str, value: &str) -> Result<(String, u64), SpecError> {
    let wrong = || {
        SpecError::new(
            field,
            format!(
                "{value:?} is not PATH:RATE, such as /dev/sda:{}",
                if field.ends_with("iops") {
                    "100"
                } else {
                    "10M"
                }
            ),
        )
    };
    let (device, rate) = value.rsplit_once(':').ok_or_else(wrong)?;
    if !device.starts_with("/dev/") || device.contains('\0') {
        return Err(wrong());
    }
    let rate = if field.ends_with("iops") {
        rate.parse().ok().filter(|r| *r > 0).ok_or_else(wrong)?
    } else {
        parse_bytes(field, rate)?
    };
    Ok((device.to_owned(), rate))
}

/// A list of CPUs as the kernel writes it (cpuset(7), "List format").
pub(super) fn cpu_list(field: &'static str, text: &str) -> Result<String, SpecError> {
    let number = |t: &str| t.parse::<u32>().ok().filter(|n| *n < 8192);
    let part = |p: &str| match p.split_once('-') {
        Some((first, last)) => number(first)
            .zip(number(last))
            .is_some_and(|(first, last)| first <= last),
        None => number(p).is_some(),
    };
    if text.split(',').all(part) {
        return Ok(text.to_owned());
    }
    Err(SpecError::new(
        field,
        format!("{text:?} is not a list of CPUs; write numbers and ranges such as 0-2,4"),
    ))
}

impl IoLimit {
    /// For display, in the format of `io.max`: `/dev/sda rbps=10485760 wiops=50`.
    #[must_use]
    pub fn words(&self) -> String {
        let rates = [
            ("rbps", self.read_bps),
            ("wbps", self.write_bps),
            ("riops", self.read_iops),
            ("wiops", self.write_iops),
        ];
        let given = rates
            .iter()
            .filter_map(|(word, rate)| rate.map(|rate| format!(" {word}={rate}")));
        std::iter::once(self.device.clone()).chain(given).collect()
    }
}
