//! Control groups: a container's limits, and how much it uses.
//!
//! v1 or v2 is decided per controller, once ([`Layout`]); limits become writes ([`plan`], pure);
//! other modules see one [`Cgroup`], made by [`BegunCgroup`], with update, freeze, kill and remove,
//! and a [`CgroupSampler`] that reads it.

mod apply;
mod begun;
mod child;
mod controller;
mod cpuset;
mod create;
mod detect;
mod devices;
mod error;
mod folders;
mod kill;
mod memory;
mod mountinfo;
mod orphans;
pub mod parse;
mod plan;
mod plan_more;
mod pressure;
mod remove;
mod sample;
mod sampler;
mod supervisors;

pub(crate) use apply::{Cgroup, Parent, join};
pub(crate) use begun::BegunCgroup;
pub use controller::Controller;
pub(crate) use controller::Version;
pub(crate) use cpuset::check_online;
pub use detect::Layout;
#[cfg(test)]
pub(crate) use detect::Mode;
pub(crate) use detect::{Hierarchy, Missing};
pub(crate) use devices::DeviceRule;
pub(crate) use error::CgroupError;
pub(crate) use kill::is_frozen;
pub(crate) use orphans::{containers, first_of_containers};
pub use plan::plan;
pub(crate) use plan::weight_from_shares;
pub use sample::Sample;
pub(crate) use sample::{Io, Pressure};
pub(crate) use sampler::CgroupSampler;
pub(crate) use supervisors::SupervisorCgroup;

#[cfg(test)]
mod kernel_tests;
#[cfg(test)]
mod live_tests;
