//! The root filesystem: planned as a list of mount steps, carried out by init.
//!
//! A root is an overlay: what the container wrote, over its own few files of `/etc`
//! ([`write_base`]), over the image ([`host_image`]). [`RootfsPlan`] says how to mount it and
//! everything on it; [`apply`] does so after clone.

mod apply;
mod base;
mod error;
pub mod host_image;
#[cfg(test)]
mod kernel_tests;
mod opened;
mod overlay;
mod pivot;
mod place;
mod plan;
mod protect;
#[cfg(test)]
mod scratch;
mod shifted;
mod source;
mod step;
pub mod storage;
mod tree;

pub use apply::{KernelMounts, apply};
pub use base::{label_base, write_base};
pub use error::FileError;
pub use host_image::{ImageError, ImageRoot};
pub use overlay::{PlanError, RootfsPaths};
pub use plan::RootfsPlan;
pub use protect::{Protection, open_setting, protect};
pub use shifted::shifted_root;
pub use source::{LookedUp, Sources, identify, lies_in, look_up, reopen};
pub use step::{MountStep, StepFailure};
pub use tree::Tree;
