//! What a container may do: capabilities, no_new_privs, and the system calls that seccomp lets through.

mod restrictions;
mod seccomp;

pub use restrictions::{Restrictions, last_capability};
pub use seccomp::{Profile, ProfileError};
