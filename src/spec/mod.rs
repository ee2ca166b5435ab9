//! Requests and specs: ids, limits, presets and the resolved [`ContainerSpec`].
//!
//! Pure: parsing, validating and resolving only, no I/O. All higher layers use these types.

mod amount;
mod capability;
mod clocks;
mod container;
mod detach_keys;
mod duration;
mod environment;
mod error;
mod escapes;
mod fields;
mod flags;
mod health;
mod host_users;
mod id;
mod limits;
mod log;
mod mount;
mod namespaces;
mod preset;
mod request;
mod resolve;
mod restart;
mod saved;
mod security;
mod selinux;
mod sharing;
mod signal;
mod size;
mod source;
mod storage;
mod sysctl;
mod text;
mod ulimit;
mod user;
mod userns;

pub use amount::{Amount, CpuLimit, IoLimit, Unit};
pub use capability::Capabilities;
pub use clocks::ClockOffsets;
pub use container::{ContainerSpec, GROUP_LABEL, Propagation};
pub use detach_keys::DetachKeys;
pub use duration::parse_duration;
pub(crate) use environment::set_variable;
pub use error::SpecError;
pub use escapes::{Piece, Scanner, is_unsafe, logged, name_of, number, sanitize, write_visibly};
pub use health::HealthCheck;
pub use id::{ContainerId, ContainerName, IdLookup, lookup};
pub use limits::{LIMITS, Limit, LimitGroup, LimitKey, Limits, LimitsJson};
pub use log::LogLimits;
pub use mount::{Device, DeviceAccess, Relabel, Tmpfs, Volume};
pub use preset::Preset;
pub use request::{ContainerRequest, Defaults, Lookup};
pub use resolve::{
    DEFAULT_IMAGE, DEFAULT_OOM_SCORE_ADJ, DEFAULT_PATH, DEFAULT_PIDS, preview, preview_request,
    resolve,
};
pub use restart::{RECOVERED_AFTER, RestartPolicy};
pub use security::{AppArmor, Seccomp, Security};
pub use selinux::{Categories, SeLinux};
pub use sharing::{IpcMode, NetworkMode, Own, PidMode};
pub use signal::{parse_signal, signal_name};
pub use size::{
    MAX_CPU_SHARES, MIN_CPU_SHARES, MIN_MEMORY, exact_bytes, format_bytes, parse_bytes, parse_cpus,
    parse_memory, parse_shares,
};
pub use source::{Source, SourceKind};
pub use storage::Storage;
pub use sysctl::Sysctl;
pub use text::{format_duration, quote_command};
pub use ulimit::Ulimit;
pub use user::User;
pub use userns::{HostUsers, IdPool, IdRange, Userns};

#[cfg(test)]
mod bounds_tests;
