//! Seccomp (seccomp(2)): from a profile in docker's and OCI's format to the BPF program that the
//! kernel runs before every system call.
//!
//! The program is made here, not by seccompiler: one filter of that has one action for what matches
//! and compares numbers one after the other, and this profile has three actions; stacked, the
//! kernel would walk through some 700 comparisons for each of the 470 numbers when it precomputes
//! which are always allowed (kernel: seccomp_cache_prepare), at every launch.

//! That of the default profile for the usual capabilities is made beforehand (`precompiled.rs`): a
//! fifth of a millisecond less a launch.

mod precompiled;
mod profile;
mod program;

pub(crate) use precompiled::precompiled;
pub use profile::Profile;
