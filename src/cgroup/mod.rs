//! Control groups: what limits a container and what tells how much it uses.
//!
//! v1 or v2 is decided per controller, once ([`Layout`]); limits become writes ([`plan`], pure);
//! the rest of the house sees one [`Cgroup`] with create, attach, update, freeze, kill and remove,
//! and a [`CgroupSampler`] that reads it.

mod apply;
mod child;
mod controller;
mod create;
mod detect;
mod devices;
mod error;
mod kill;
mod memory;
mod mountinfo;
mod orphans;
pub mod parse;
mod plan;
mod plan_finer;
mod pressure;
mod remove;
mod sample;
mod sampler;
mod supervisors;

pub use apply::{Cgroup, Parent, Unfinished, join};
pub use controller::{Controller, Version};
pub use detect::{Hierarchy, Layout, Missing, Mode};
pub use devices::DeviceRule;
pub use error::CgroupError;
pub use kill::is_frozen;
pub use orphans::{containers, first_of_containers};
pub use plan::{Plan, Write, plan, weight_from_shares};
pub use sample::{Io, Pressure, Sample};
pub use sampler::CgroupSampler;
pub use supervisors::AmongSupervisors;

#[cfg(test)]
mod kernel_tests;
#[cfg(test)]
mod live_tests;
