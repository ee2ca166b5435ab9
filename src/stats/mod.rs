//! Sampling: one [`Snapshot`] a tick of the host and of every running container, and their recent
//! history.
//!
//! A [`Gap`] says why a figure is not available on this kernel; it is shown as n/a, never as 0.

mod disks;
mod history;
mod host;
mod reading;
mod sampler;
mod series;
mod snapshot;
mod traffic;

pub use history::{History, highest_of};
pub use host::{HostSample, HostSampler};
pub use reading::Reading;
pub use sampler::Sampler;
pub use series::{Figure, Series};
pub use snapshot::{Gap, Snapshot, Target};
