//! What a user may ask for: ids, limits, presets and the resolved [`ContainerSpec`].
//!
//! Pure: parsing, validating and resolving only, no IO. Everything above this floor speaks in these types.

mod container;
mod error;
mod finer;
mod health;
mod id;
mod limits;
mod mount;
mod preset;
mod resolve;
mod restart;
mod sharing;
mod signal;
mod size;
mod text;
mod ulimit;
mod user;

pub use container::{ContainerSpec, Propagation};
pub use error::SpecError;
pub use health::{HealthCheck, parse_duration};
pub use id::{ContainerId, ContainerName, IdLookup, lookup};
pub use limits::{CpuLimit, IoLimit, Limits, MAX_CPU_SHARES, MIN_CPU_SHARES, MIN_MEMORY};
pub use mount::{Device, Tmpfs, Volume};
pub use preset::Preset;
pub use resolve::{DEFAULT_IMAGE, DEFAULT_PATH, resolve};
pub use restart::{RECOVERED_AFTER, RestartPolicy};
pub use sharing::{NetworkMode, PidMode};
pub use signal::{parse_signal, signal_name};
pub use size::{format_bytes, parse_cpus, parse_memory, parse_shares};
pub use text::{format_duration, is_unsafe, quote_command, sanitize};
pub use ulimit::{Sysctl, Ulimit};
pub use user::User;
