//! The network of a container: its own loopback, or the host's.
