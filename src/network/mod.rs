//! The network of a container: its own loopback, or the host's.

mod loopback;

pub(crate) use loopback::bring_loopback_up;
