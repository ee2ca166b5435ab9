//! Short measured proofs that limits hold on this host. [`prove`] runs real containers through a
//! [`Manager`](crate::manager::Manager), reads their cgroups, and always destroys them.

mod measure;
mod prove;
mod tools;
mod trial;

pub use measure::{Expected, Measure, Unit};
pub use prove::{Outcome, Proof, prove};
pub use tools::Interrupted;
