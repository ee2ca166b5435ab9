//! The root filesystem: planned as a list of mount steps, carried out by init.

mod apply;
mod overlay;
mod pivot;
mod place;
mod plan;
mod step;

pub use apply::apply;
pub use overlay::{PlanError, RootfsPaths};
pub use plan::RootfsPlan;
pub use step::{MountStep, StepFailure};
