//! The table of limits: each is declared here, once.
//!
//! It generates [`Limits`], the flags, the keys of a preset, `update`, JSON and its schema, the
//! text of `info` and of the screen, and "save as preset". Values for the kernel are planned in
//! `cgroup/plan.rs`, which matches every field of [`Limits`].

use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use super::amount::{
    Amount, Slot, micros, oom_policy, pids, set, set_cpuset, set_or_clear, set_or_zero, set_rate,
    swap, weight,
};
use super::fields::not_empty;
use super::{CpuLimit, IoLimit, SpecError, Unit, parse_cpus, parse_memory, parse_shares};

/// Passes the table, and any further arguments, to the macro `$made`.
macro_rules! limit_table {
    ($made:ident $($more:tt)*) => { $made! { $($more)* limits {
        /// Hard memory limit in bytes.
        memory: Option<u64> {
            unit: Bytes, name: "memory", words: "memory {}", json: "memory",
            v1: ["memory.limit_in_bytes"], v2: ["memory.max"],
            keys {
                memory: Option<String> {
                    flag: "memory" "memory" "SIZE", group: Basic, example: "64M",
                    help: "Hard memory limit: MB as a number (128), or with a unit (64M, 1.5G)",
                    set: set_memory,
                }
            }
        }
        /// Swap in bytes beyond memory. `Some(0)` allows none.
        swap: Option<u64> {
            unit: Bytes, name: "swap", words: "swap {}", json: "swap",
            v1: ["memory.memsw.limit_in_bytes"], v2: ["memory.swap.max"],
            keys {
                swap: Option<String> {
                    flag: "swap" "swap" "SIZE", group: Basic, example: "64M",
                    help: "Swap in addition to memory, as --memory; 0 for none",
                    set: |to, key, text| set(&mut to.swap, key, text, swap),
                }
            }
        }
        /// Cap on CPU time.
        cpu: Option<CpuLimit> {
            unit: Cap, name: "cpu", words: "cpu {}", json: "cpus",
            v1: ["cpu.cfs_period_us", "cpu.cfs_quota_us"], v2: ["cpu.max"],
            keys {
                cpu: Option<String> {
                    flag: "cpu" "cpu" "SHARES", group: Basic, example: "512",
                    help: "CPU shares and a cap of SHARES/1024 of a core: 512 is half a core",
                    set: set_cpu,
                }
                cpus: Option<String> {
                    flag: "cpus" "cpus" "CORES", group: Basic, example: "0.5",
                    help: "Only the cap, in cores: 0.5",
                    set: set_cpus,
                }
            }
        }
        /// Relative weight in cgroup v1 shares, 1024 being the default; converted for v2.
        cpu_shares: Option<u64> {
            unit: Shares, name: "cpu shares", words: "{} shares", json: "cpu_shares",
            v1: ["cpu.shares"], v2: ["cpu.weight"],
            keys {
                cpu_shares: Option<String> {
                    flag: "cpu-shares" "cpu-shares" "SHARES", group: Basic, example: "256",
                    help: "Only the weight relative to other containers; 1024 is normal",
                    set: |to, key, text| set_or_clear(&mut to.cpu_shares, key, text, parse_shares),
                }
            }
        }
        /// Maximum number of processes and threads.
        pids: Option<u64> {
            unit: Count, name: "pids", words: "{} pids", json: "pids",
            v1: ["pids.max"], v2: ["pids.max"],
            keys {
                pids: Option<String> {
                    flag: "pids" "pids-limit" "COUNT", group: Basic, example: "64",
                    help: "Maximum number of processes and threads, 4096 by default; \"unlimited\" for no limit",
                    set: |to, key, text| { to.pids = pids(key, text)?; Ok(()) },
                }
            }
        }
        /// CPU time accumulated in quiet periods that may be used beyond the cap, in microseconds.
        cpu_burst_usec: Option<u64> {
            unit: Micros, name: "cpu burst", words: "burst {}", json: "cpu_burst_usec",
            v1: ["cpu.cfs_burst_us"], v2: ["cpu.max.burst"],
            keys {
                cpu_burst: Option<String> {
                    flag: "cpu-burst" "cpu-burst" "TIME", group: More, example: "20ms",
                    help: "Unused CPU time that may be saved and used beyond the cap: 20ms",
                    set: |to, key, text| set_or_zero(&mut to.cpu_burst_usec, key, text, micros),
                }
            }
        }
        /// CPUs it may run on, as the kernel lists them: `0-2,4`.
        cpuset: Option<String> {
            unit: Cpus, name: "cpuset", words: "CPUs {}", json: "cpuset",
            v1: ["cpuset.cpus"], v2: ["cpuset.cpus"],
            keys {
                cpuset: Option<String> {
                    flag: "cpuset" "cpuset-cpus" "LIST", group: More, example: "0",
                    help: "CPUs it may run on: 0-2,4",
                    set: |to, key, text| set_cpuset(&mut to.cpuset, key, text),
                }
            }
        }
        /// Memory in bytes above which it is slowed down and reclaimed from, but not killed.
        memory_high: Option<u64> {
            unit: Bytes, name: "memory high", words: "memory high {}", json: "memory_high",
            v1: [], v2: ["memory.high"],
            keys {
                memory_high: Option<String> {
                    flag: "memory-high" "memory-high" "SIZE", group: More, example: "48M",
                    help: "Memory above which it is throttled and reclaimed from, not killed (cgroup v2)",
                    set: |to, key, text| set_or_clear(&mut to.memory_high, key, text, parse_memory),
                }
            }
        }
        /// Memory in bytes that is reclaimed only when nothing else is left to reclaim.
        memory_low: Option<u64> {
            unit: Bytes, name: "memory low", words: "memory low {}", json: "memory_low",
            v1: ["memory.soft_limit_in_bytes"], v2: ["memory.low"],
            keys {
                memory_low: Option<String> {
                    flag: "memory-low" "memory-low" "SIZE", alias: "memory-reservation", group: More, example: "32M",
                    help: "Memory that is reclaimed only as a last resort",
                    set: |to, key, text| set_or_zero(&mut to.memory_low, key, text, parse_memory),
                }
            }
        }
        /// Memory in bytes that is never reclaimed.
        memory_min: Option<u64> {
            unit: Bytes, name: "memory min", words: "memory min {}", json: "memory_min",
            v1: [], v2: ["memory.min"],
            keys {
                memory_min: Option<String> {
                    flag: "memory-min" "memory-min" "SIZE", group: More, example: "16M",
                    help: "Memory that is never reclaimed (cgroup v2)",
                    set: |to, key, text| set_or_zero(&mut to.memory_min, key, text, parse_memory),
                }
            }
        }
        /// Whether running out of memory kills the whole container rather than one process.
        oom_group: Option<bool> {
            unit: OomGroup, name: "oom policy", words: "OOM policy {}", json: "oom_group",
            v1: [], v2: ["memory.oom.group"],
            keys {
                oom_policy: Option<String> {
                    flag: "oom-policy" "oom-policy" "POLICY", group: More, example: "group",
                    help: "What is killed when it runs out of memory: \"process\" (one) or \"group\" (everything in it; cgroup v2)",
                    set: |to, key, text| set(&mut to.oom_group, key, text, oom_policy),
                }
            }
        }
        /// Weight of its block I/O, 1 to 10000, 100 being the default.
        io_weight: Option<u64> {
            unit: Weight, name: "io weight", words: "io weight {}", json: "io_weight",
            v1: ["blkio.bfq.weight"], v2: ["io.weight"],
            keys {
                io_weight: Option<String> {
                    flag: "io-weight" "io-weight" "WEIGHT", group: More, example: "200",
                    help: "Weight of its block I/O, 1 to 10000; 100 is normal",
                    set: |to, key, text| set(&mut to.io_weight, key, text, weight),
                }
            }
        }
        /// Maximum block I/O, by device.
        io: Vec<IoLimit> {
            unit: Rates, name: "io", words: "{}", json: "io",
            v1: [
                "blkio.throttle.read_bps_device", "blkio.throttle.write_bps_device",
                "blkio.throttle.read_iops_device", "blkio.throttle.write_iops_device"
            ],
            v2: ["io.max"],
            keys {
                device_read_bps: Vec<String> {
                    flag: "device-read-bps" "device-read-bps" "PATH:RATE", group: More, example: "/dev/sda:10M",
                    help: "Maximum bytes per second read from a device: /dev/sda:10M",
                    set: |to, key, text| set_rate(&mut to.io, key, text, |io| &mut io.read_bps),
                }
                device_write_bps: Vec<String> {
                    flag: "device-write-bps" "device-write-bps" "PATH:RATE", group: More, example: "/dev/sda:20M",
                    help: "Maximum bytes per second written to a device",
                    set: |to, key, text| set_rate(&mut to.io, key, text, |io| &mut io.write_bps),
                }
                device_read_iops: Vec<String> {
                    flag: "device-read-iops" "device-read-iops" "PATH:RATE", group: More, example: "/dev/sda:100",
                    help: "Maximum reads per second from a device: /dev/sda:100",
                    set: |to, key, text| set_rate(&mut to.io, key, text, |io| &mut io.read_iops),
                }
                device_write_iops: Vec<String> {
                    flag: "device-write-iops" "device-write-iops" "PATH:RATE", group: More, example: "/dev/sda:200",
                    help: "Maximum writes per second to a device",
                    set: |to, key, text| set_rate(&mut to.io, key, text, |io| &mut io.write_iops),
                }
            }
        }
    } } };
}
pub(super) use limit_table;

/// One limit of the table.
#[derive(Debug)]
pub struct Limit {
    /// Its name in messages.
    pub name: &'static str,
    /// Its form in a sentence, `{}` being the amount.
    words: &'static str,
    /// Its field in JSON.
    pub json: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Its files on cgroup v1; empty: only v2 has it.
    pub v1: &'static [&'static str],
    /// Its files on cgroup v2.
    pub v2: &'static [&'static str],
    /// The flags and preset keys that set it; the first accepts any amount.
    pub keys: &'static [LimitKey],
    get: for<'a> fn(&'a Limits) -> Option<Amount<'a>>,
}

/// A flag and preset key that sets a limit.
#[derive(Debug)]
pub struct LimitKey {
    /// The key in a preset.
    pub key: &'static str,
    /// Its name in errors.
    pub field: &'static str,
    /// The flag, without dashes.
    pub flag: &'static str,
    /// Other names of the flag.
    pub aliases: &'static [&'static str],
    /// The placeholder of the value in `--help`.
    pub value_name: &'static str,
    /// Where `--help` lists it.
    pub group: LimitGroup,
    /// The line of `--help`.
    pub help: &'static str,
    /// A valid value.
    pub example: &'static str,
    /// Whether it can be repeated.
    pub is_list: bool,
    /// The unit of the limit that it sets.
    pub unit: Unit,
    set: fn(&mut Limits, &'static str, &str) -> Result<(), SpecError>,
}

/// Where `--help` lists a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitGroup {
    /// The common ones.
    Basic,
    /// The others.
    More,
}

macro_rules! define_limits {
    (limits { $(
        $(#[$doc:meta])*
        $field:ident: $type:ty {
            unit: $unit:ident, name: $name:literal, words: $words:literal, json: $json:literal,
            v1: $v1:expr, v2: $v2:expr,
            keys { $(
                $key:ident: $kind:ident<String> {
                    flag: $error:literal $flag:literal $value:literal, $(alias: $alias:literal,)? group: $group:ident, example: $example:literal,
                    help: $help:literal,
                    set: $set:expr,
                }
            )* }
        }
    )* }) => {
        /// The resource limits of a container. `None` is unlimited.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Limits {
            $( $(#[$doc])* #[serde(skip_serializing_if = "Slot::is_unset")] pub $field: $type, )*
        }

        /// Every limit, in the order in which they are listed.
        pub static LIMITS: &[Limit] = &[ $( Limit {
            name: $name, words: $words, json: $json, unit: Unit::$unit, v1: &$v1, v2: &$v2,
            keys: &[ $( LimitKey {
                key: stringify!($key), field: $error, flag: $flag, aliases: &[$($alias)?], value_name: $value,
                group: LimitGroup::$group, help: $help, example: $example,
                is_list: is_list!($kind), unit: Unit::$unit, set: $set,
            } ),* ],
            get: |limits| limits.$field.value().map(Amount::$unit),
        } ),* ];
    };
}

macro_rules! is_list {
    (Option) => {
        false
    };
    (Vec) => {
        true
    };
}

limit_table! { define_limits }

impl Limit {
    /// Its amount in `limits`.
    #[must_use]
    pub fn of<'a>(&self, limits: &'a Limits) -> Option<Amount<'a>> {
        (self.get)(limits)
    }

    /// `amount` of it for display: `memory 128M`, `64 pids`.
    #[must_use]
    pub fn words(&self, amount: &str) -> String {
        self.words.replace("{}", amount)
    }
}

impl LimitKey {
    /// Every key of the table.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        LIMITS.iter().flat_map(|limit| limit.keys)
    }

    /// Parses `text` into `limits`.
    ///
    /// # Errors
    /// [`SpecError`] of its field.
    pub fn set(&self, limits: &mut Limits, text: &str) -> Result<(), SpecError> {
        not_empty(self.field, Some(text), self.example)?;
        (self.set)(limits, self.field, text)
    }
}

impl Limits {
    /// The limits that are set, with their amounts.
    pub fn amounts(&self) -> impl Iterator<Item = (&'static Limit, Amount<'_>)> {
        LIMITS
            .iter()
            .filter_map(|limit| Some((limit, limit.of(self)?)))
    }

    /// Checks that the limits can be combined.
    ///
    /// # Errors
    /// [`SpecError`] naming the one that cannot.
    pub fn check(&self) -> Result<(), SpecError> {
        match self.cpu {
            None if self.cpu_burst_usec.is_some() => Err(SpecError::new(
                "cpu-burst",
                "time can be saved up only under a cap: give --cpus or --cpu too",
            )),
            _ => Ok(()),
        }
    }
}

/// Sets the memory limit. Without one there is nothing for swap to be beyond, so `unlimited` takes
/// the swap limit away too.
fn set_memory(limits: &mut Limits, field: &'static str, text: &str) -> Result<(), SpecError> {
    set_or_clear(&mut limits.memory, field, text, parse_memory)?;
    if limits.memory.is_none() {
        limits.swap = None;
    }
    Ok(())
}

/// Sets the CPU cap alone. Without one there is nothing to burst beyond.
fn set_cpus(limits: &mut Limits, field: &'static str, text: &str) -> Result<(), SpecError> {
    set_or_clear(&mut limits.cpu, field, text, |field, text| {
        parse_cpus(field, text).map(CpuLimit::from_millicores)
    })?;
    if limits.cpu.is_none() {
        limits.cpu_burst_usec = None;
    }
    Ok(())
}

/// Sets both the weight and the cap from shares, as Mini Container documents them.
fn set_cpu(limits: &mut Limits, field: &'static str, text: &str) -> Result<(), SpecError> {
    set_or_clear(&mut limits.cpu_shares, field, text, parse_shares)?;
    limits.cpu = limits.cpu_shares.map(CpuLimit::from_shares);
    if limits.cpu.is_none() {
        limits.cpu_burst_usec = None;
    }
    Ok(())
}

/// [`Limits`] as JSON: every field of the table, `null` when unlimited.
#[derive(Debug, Clone, Copy)]
pub struct LimitsJson<'a>(pub &'a Limits);

impl Serialize for LimitsJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(LIMITS.len()))?;
        for limit in LIMITS {
            match (limit.of(self.0), limit.unit) {
                (None, Unit::Rates) => map.serialize_entry(limit.json, &[(); 0])?,
                (amount, _) => map.serialize_entry(limit.json, &amount)?,
            }
        }
        map.end()
    }
}

#[cfg(test)]
#[path = "limits_tests.rs"]
mod tests;
