//! The root filesystem: planned as a list of mount steps, carried out by init.
//!
//! A root is an overlay: what the container wrote, over its own few files of `/etc`
//! ([`write_base`]), over the image ([`host_image`]). [`RootfsPlan`] says how to mount it and
//! everything on it; [`apply`] does so after clone.

mod apply;
mod base;
mod error;
pub(crate) mod host_image;
#[cfg(test)]
mod kernel_tests;
mod opened;
mod overlay;
mod pivot;
mod place;
mod plan;
mod protect;
mod protection;
#[cfg(test)]
mod scratch;
mod shifted;
mod source;
mod step;
pub(crate) mod storage;
mod tree;

pub(crate) use apply::{KernelMounts, apply};
pub(crate) use base::{label_base, write_base};
pub(crate) use error::FileError;
pub(crate) use host_image::{ImageError, ImageRoot};
pub(crate) use overlay::PlanError;
pub use overlay::RootfsPaths;
pub use plan::RootfsPlan;
pub(crate) use protect::{open_setting, protect};
pub(crate) use protection::Protection;
pub(crate) use shifted::shifted_root;
pub(crate) use source::{LookedUp, Sources, identify, lies_in, look_up, reopen};
pub(crate) use step::{MountStep, StepFailure};
pub(crate) use tree::Tree;
