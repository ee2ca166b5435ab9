//! What a container may do: capabilities and no_new_privs.

mod capabilities;

pub use capabilities::{DEFAULT_CAPABILITIES, Restrictions};
