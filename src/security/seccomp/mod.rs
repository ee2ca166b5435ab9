//! Seccomp (seccomp(2)): compiles a profile in docker's and OCI's format to the BPF program that
//! the kernel runs before every system call.
//!
//! seccompiler is not used: its filters have a single match action and compare numbers linearly,
//! and this profile has three actions. With stacked filters the kernel would evaluate some 700
//! comparisons for each of the 470 numbers when it precomputes which are always allowed (kernel:
//! seccomp_cache_prepare), at every launch.

//! The default profile for the default capabilities is precompiled (`precompiled.rs`), which saves
//! a fifth of a millisecond per launch.

mod precompiled;
mod profile;
mod program;

pub(crate) use precompiled::precompiled;
pub use profile::Profile;
