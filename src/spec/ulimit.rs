//! Resource limits of processes: `--ulimit nofile=1024:2048` (getrlimit(2)).

use std::str::FromStr;

use nix::sys::resource::Resource;
use serde::{Deserialize, Serialize};

use super::SpecError;

/// Names as ulimit and docker write them.
const RESOURCES: [(&str, Resource); 16] = [
    ("cpu", Resource::RLIMIT_CPU),
    ("fsize", Resource::RLIMIT_FSIZE),
    ("data", Resource::RLIMIT_DATA),
    ("stack", Resource::RLIMIT_STACK),
    ("core", Resource::RLIMIT_CORE),
    ("rss", Resource::RLIMIT_RSS),
    ("nproc", Resource::RLIMIT_NPROC),
    ("nofile", Resource::RLIMIT_NOFILE),
    ("memlock", Resource::RLIMIT_MEMLOCK),
    ("as", Resource::RLIMIT_AS),
    ("locks", Resource::RLIMIT_LOCKS),
    ("sigpending", Resource::RLIMIT_SIGPENDING),
    ("msgqueue", Resource::RLIMIT_MSGQUEUE),
    ("nice", Resource::RLIMIT_NICE),
    ("rtprio", Resource::RLIMIT_RTPRIO),
    ("rttime", Resource::RLIMIT_RTTIME),
];

/// One resource limit, in the resource's own unit (bytes, seconds, a count). `u64::MAX` is
/// unlimited (RLIM_INFINITY).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ulimit {
    /// The kernel's number of the resource.
    pub resource: u32,
    /// The soft limit.
    pub soft: u64,
    /// The hard limit.
    pub hard: u64,
}

impl Ulimit {
    /// No core dumps.
    pub const CORE_OFF: Self = Self {
        resource: Resource::RLIMIT_CORE as u32,
        soft: 0,
        hard: 0,
    };

    /// Pending signals and timers: enough for a program with thousands of them.
    pub const PENDING_SIGNALS: Self = Self {
        resource: Resource::RLIMIT_SIGPENDING as u32,
        soft: 16_384,
        hard: 16_384,
    };
    /// Bytes of POSIX message queues: half of the kernel's usual limit (mq_overview(7)).
    pub const MESSAGE_QUEUES: Self = Self {
        resource: Resource::RLIMIT_MSGQUEUE as u32,
        soft: 409_600,
        hard: 409_600,
    };

    /// A limit of open files.
    #[must_use]
    pub fn open_files(soft: u64, hard: u64) -> Self {
        Self {
            resource: Resource::RLIMIT_NOFILE as u32,
            soft,
            hard,
        }
    }

    /// The resource's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        RESOURCES
            .iter()
            .find(|(_, resource)| *resource as u32 == self.resource)
            .map_or("?", |(name, _)| name)
    }
}

impl FromStr for Ulimit {
    type Err = SpecError;
    fn from_str(text: &str) -> Result<Self, SpecError> {
        let wrong = |why: String| {
            SpecError::new(
                "ulimit",
                format!("{why}; write NAME=SOFT or NAME=SOFT:HARD, such as nofile=1024:2048"),
            )
        };
        let (name, values) = text
            .split_once('=')
            .ok_or_else(|| wrong(format!("{text:?} has no =")))?;
        let resource = RESOURCES
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, resource)| *resource as u32)
            .ok_or_else(|| {
                let names: Vec<_> = RESOURCES.iter().map(|(n, _)| *n).collect();
                wrong(format!(
                    "{name:?} is not a resource; use one of {}",
                    names.join(" ")
                ))
            })?;
        let amount = |text: &str| match text {
            "unlimited" | "-1" => Ok(u64::MAX),
            number => number
                .parse::<u64>()
                .map_err(|_| wrong(format!("{number:?} is not a number"))),
        };
        let (soft, hard) = match values.split_once(':') {
            Some((soft, hard)) => (amount(soft)?, amount(hard)?),
            None => (amount(values)?, amount(values)?),
        };
        if soft > hard {
            return Err(wrong(format!(
                "{text:?}: the soft limit is above the hard one"
            )));
        }
        Ok(Self {
            resource,
            soft,
            hard,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ulimits() {
        assert_eq!(
            "nofile=1024:2048".parse(),
            Ok(Ulimit {
                resource: Resource::RLIMIT_NOFILE as u32,
                soft: 1024,
                hard: 2048
            })
        );
        assert_eq!(
            "core=unlimited"
                .parse::<Ulimit>()
                .map(|u| (u.soft, u.name())),
            Ok((u64::MAX, "core"))
        );
        for bad in [
            "",
            "nofile",
            "files=1",
            "nofile=x",
            "nofile=2:1",
            "nofile=-2",
        ] {
            assert!(bad.parse::<Ulimit>().is_err(), "{bad}");
        }
    }
}
