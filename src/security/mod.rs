//! What a container may do: capabilities, no_new_privs, the system calls that seccomp lets through,
//! and its AppArmor profile or SELinux label.

pub mod apparmor;
mod label;
mod relabel;
mod restrictions;
mod seccomp;
pub mod selinux;

pub use label::Label;
pub use relabel::relabel;
pub use restrictions::{Restrictions, last_capability};
pub use seccomp::{Profile, ProfileError, precompiled};
