//! [`Column`] and [`Meter`]: what the list and the header of the screen can show, by the names of
//! the config file.

use serde::{Deserialize, Deserializer};
use strum::{IntoStaticStr, VariantArray};

/// A column of the container list.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    VariantArray,
    IntoStaticStr,
    Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Column {
    /// The state.
    State,
    /// The name.
    Name,
    /// The init's pid on the host.
    Pid,
    /// CPU use against its limit.
    Cpu,
    /// CPU use over the last seconds, as a line.
    CpuHistory,
    /// Memory use against its limit.
    Memory,
    /// The share of time in which the CPU limit stopped it.
    Throttled,
    /// The worst of its CPU, memory and disk pressure.
    Pressure,
    /// Bytes received and sent a second.
    Network,
    /// Bytes read from and written to disks a second.
    Disk,
    /// The ports it publishes.
    Ports,
    /// The result of its health check.
    Health,
    /// How often it was restarted.
    Restarts,
    /// Processes and threads.
    Pids,
    /// Time since the start, or since the end.
    Uptime,
    /// The image.
    Image,
    /// The command.
    Command,
    /// The labels.
    Labels,
}

impl Column {
    /// Every column, in the order in which the setup lists those that are off.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The name in the config file.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.into()
    }
}

/// A meter of the header.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    VariantArray,
    IntoStaticStr,
    Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Meter {
    /// One bar a core.
    Cores,
    /// Memory.
    Memory,
    /// Swap.
    Swap,
    /// Bytes received and sent a second.
    Network,
    /// Bytes read from and written to disks a second.
    Disk,
    /// How long tasks waited for CPU, memory and disks.
    Pressure,
    /// Load averages and uptime.
    Load,
}

impl Meter {
    /// Every meter, in the order of the header.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The name in the config file.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.into()
    }
}

/// Columns, each once, with the name among them: a row without it could not be told from another.
pub(super) fn columns<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<Column>>, D::Error> {
    let columns = Vec::<Column>::deserialize(deserializer)?;
    if !columns.contains(&Column::Name) {
        return Err(serde::de::Error::custom("\"name\" is missing; add it"));
    }
    once(&columns, Column::id).map_err(serde::de::Error::custom)?;
    Ok(Some(columns))
}

/// Meters, each once.
pub(super) fn meters<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<Meter>>, D::Error> {
    let meters = Vec::<Meter>::deserialize(deserializer)?;
    once(&meters, Meter::id).map_err(serde::de::Error::custom)?;
    Ok(Some(meters))
}

fn once<T: Copy + PartialEq>(list: &[T], id: fn(T) -> &'static str) -> Result<(), String> {
    let twice = (1..list.len()).find(|at| list[..*at].contains(&list[*at]));
    match twice {
        Some(at) => Err(format!("{:?} is given twice", id(list[at]))),
        None => Ok(()),
    }
}
