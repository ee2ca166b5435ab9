//! Restrictions of a container: capabilities, no_new_privs, the seccomp filter, and its AppArmor
//! profile or SELinux label.

pub(crate) mod apparmor;
mod label;
mod relabel;
mod restrictions;
mod seccomp;
pub(crate) mod selinux;

pub(crate) use label::Label;
pub(crate) use relabel::relabel;
pub(crate) use restrictions::{Restrictions, last_capability};
pub use seccomp::Profile;
pub(crate) use seccomp::precompiled;
