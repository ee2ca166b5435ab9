//! Control groups: what limits a container and what tells how much it uses.
//!
//! v1 or v2 is decided per controller, once; the rest of the house sees one cgroup with apply, sample, freeze, kill and remove.

mod sample;

pub use sample::{Io, Pressure, Sample};
