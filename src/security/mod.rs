//! What a container may do: capabilities, no_new_privs, the system calls that seccomp lets through, and its AppArmor profile.

pub mod apparmor;
mod restrictions;
mod seccomp;

pub use restrictions::{Restrictions, last_capability};
pub use seccomp::{Profile, ProfileError, precompiled};
