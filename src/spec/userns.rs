//! [`Userns`] and [`IdRange`]: a container's user namespace, and the range of host ids mapped into
//! it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{SpecError, User};

/// Which user namespace a container gets (user_namespaces(7)).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Userns {
    /// The host's: root inside is root of the host, restricted only by capabilities.
    #[default]
    Host,
    /// One of its own, with a range of host ids that no other container of the state folder has:
    /// root inside is unprivileged outside.
    Auto,
}

impl FromStr for Userns {
    type Err = SpecError;
    fn from_str(text: &str) -> Result<Self, SpecError> {
        match text {
            "host" => Ok(Self::Host),
            "auto" => Ok(Self::Auto),
            other => Err(SpecError::new(
                "userns",
                format!("{other:?} is not a user namespace; use auto or host"),
            )),
        }
    }
}

impl Userns {
    /// The word for it in flags, presets and the config file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Auto => "auto",
        }
    }
}

/// Why a container has the host's ids although `--userns` did not ask for them: another setting,
/// the config file or the kernel rules out ids of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostUsers {
    /// `userns = "host"` in the config file.
    Config,
    /// `--privileged`: needs privileges on the host.
    Privileged,
    /// `--net host`: a network is administered from the user namespace that owns it
    /// (network_namespaces(7)).
    Network,
    /// `--pid host`: the host's processes belong to the host's users.
    Processes,
    /// `--ipc host`: its memory segments and queues belong to the host's users.
    SharedMemory,
    /// `--device`: a device node's owner is not mapped inside.
    Device,
    /// A capability that has effect only in the initial user namespace (user_namespaces(7)).
    Capability(String),
    /// It joins a container that has the host's ids.
    Joined(String),
    /// What this kernel lacks, or this process is not permitted to do.
    Kernel(String),
}

impl fmt::Display for HostUsers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config => f.write_str("userns is \"host\" in the config file or MINIC_USERNS"),
            Self::Privileged => f.write_str("--privileged needs privileges on the host"),
            Self::Network => {
                f.write_str("--net host: only the host's users can administer its network")
            }
            Self::Processes => {
                f.write_str("--pid host: only the host's users can signal its processes")
            }
            Self::SharedMemory => {
                f.write_str("--ipc host: the host's memory segments belong to its users")
            }
            Self::Device => f.write_str("--device: a device's owner is a user of the host"),
            Self::Capability(name) => write!(
                f,
                "--cap-add (or ALL) gives {name}, which has effect only for the host's users"
            ),
            Self::Joined(name) => {
                write!(f, "it joins the container {name}, which has the host's ids")
            }
            Self::Kernel(reason) => f.write_str(reason),
        }
    }
}

/// A range of host ids, for users and groups alike: `first` is 0 inside, `first + 1` is 1, and so
/// on for `count` ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdRange {
    /// The host id of root inside.
    pub first: u32,
    /// The number of ids.
    pub count: u32,
}

impl IdRange {
    /// The one line of `/proc/PID/uid_map` and `gid_map` (user_namespaces(7)).
    #[must_use]
    pub fn map(&self) -> String {
        format!("0 {} {}\n", self.first, self.count)
    }

    /// The host id of `id` inside; `None` when it is outside the range.
    #[must_use]
    pub fn outside(&self, id: u32) -> Option<u32> {
        if id < self.count {
            self.first.checked_add(id)
        } else {
            None
        }
    }

    /// Refuses a user whose ids are outside the range.
    ///
    /// # Errors
    /// [`SpecError`] of `user`.
    pub fn check(&self, user: User) -> Result<(), SpecError> {
        match [user.uid, user.gid]
            .into_iter()
            .find(|id| self.outside(*id).is_none())
        {
            None => Ok(()),
            Some(id) => Err(SpecError::new(
                "user",
                format!(
                    "the container has no id {id}: it has 0 to {} (userns.size in the config file); --userns host has all",
                    self.count.saturating_sub(1)
                ),
            )),
        }
    }

    fn overlaps(&self, other: &Self) -> bool {
        let end = |range: &Self| u64::from(range.first) + u64::from(range.count);
        u64::from(self.first) < end(other) && u64::from(other.first) < end(self)
    }
}

/// The host ids available to containers, divided into ranges of equal size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdPool {
    /// The first id of the first range.
    pub first: u32,
    /// The size of one range.
    pub size: u32,
    /// The number of ranges.
    pub ranges: u32,
}

impl Default for IdPool {
    /// The upper part of what systemd keeps for containers (systemd: docs/UIDS-GIDS.md: 524288 to
    /// 1879048191): useradd(8) and subuid(5) hand out ids far below it. 65,536 ids are what a
    /// distribution's own users need, nobody (65534) being the highest.
    fn default() -> Self {
        Self {
            first: 1 << 30,
            size: 1 << 16,
            ranges: 12_288,
        }
    }
}

impl IdPool {
    /// Validates the figures.
    ///
    /// # Errors
    /// One line with what is allowed.
    pub fn check(&self) -> Result<(), String> {
        let end = u64::from(self.first) + u64::from(self.size) * u64::from(self.ranges);
        if self.first == 0 || self.size == 0 || self.ranges == 0 {
            return Err("the first id, the ids of a container and the number of ranges are at least 1: id 0 is the host's root".into());
        }
        // the highest id means "no id" to the kernel
        if end > u64::from(u32::MAX) {
            return Err(format!(
                "{} ranges of {} ids from {} on end beyond the highest id, {}",
                self.ranges,
                self.size,
                self.first,
                u32::MAX - 1
            ));
        }
        Ok(())
    }

    /// The first range, from number `from` on and wrapping around, that overlaps none of `taken`;
    /// `None` when none is left.
    #[must_use]
    pub fn free(&self, taken: &[IdRange], from: u32) -> Option<IdRange> {
        let start = from % self.ranges.max(1);
        let numbers = (start..self.ranges).chain(0..start);
        let mut ranges = numbers.map(|n| IdRange {
            first: self.first + n * self.size,
            count: self.size,
        });
        ranges.find(|range| !taken.iter().any(|other| range.overlaps(other)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POOL: IdPool = IdPool {
        first: 1000,
        size: 10,
        ranges: 3,
    };

    #[test]
    fn ranges_never_overlap_and_are_taken_in_turn() {
        let mut taken = Vec::new();
        while let Some(range) = POOL.free(&taken, 4) {
            taken.push(range);
        }
        assert_eq!(
            taken.iter().map(|r| r.first).collect::<Vec<_>>(),
            [1010, 1020, 1000]
        );
        taken.remove(0);
        assert_eq!(
            POOL.free(&taken, 2),
            Some(IdRange {
                first: 1010,
                count: 10
            })
        );
        // allocated when the ranges had another size
        assert_eq!(
            POOL.free(
                &[IdRange {
                    first: 1005,
                    count: 10
                }],
                0
            ),
            Some(IdRange {
                first: 1020,
                count: 10
            })
        );
    }

    #[test]
    fn ids_outside_are_shifted_and_end_with_the_range() {
        let range = IdRange {
            first: 1000,
            count: 10,
        };
        assert_eq!(
            [0, 9, 10].map(|id| range.outside(id)),
            [Some(1000), Some(1009), None]
        );
        assert_eq!(range.map(), "0 1000 10\n");
        assert!(range.check(User { uid: 9, gid: 0 }).is_ok());
        assert!(
            range
                .check(User { uid: 0, gid: 10 })
                .unwrap_err()
                .reason
                .contains("0 to 9")
        );
    }

    #[test]
    fn a_pool_must_fit_the_kernels_ids() {
        assert_eq!(IdPool::default().check(), Ok(()));
        for (first, size, ranges) in [
            (0, 1, 1),
            (1, 0, 1),
            (1, 1, 0),
            (u32::MAX, 1, 1),
            (1, u32::MAX, 2),
        ] {
            assert!(
                IdPool {
                    first,
                    size,
                    ranges
                }
                .check()
                .is_err(),
                "{first} {size} {ranges}"
            );
        }
    }
}
