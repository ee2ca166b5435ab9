//! The network of a container: its own loopback, or the host's; and what a network namespace has:
//! sockets, bytes received and sent.

mod loopback;
mod sock_diag;
mod socket;
mod traffic;

pub(crate) use loopback::bring_loopback_up;
pub(crate) use sock_diag::sockets;
pub(crate) use socket::SocketList;
pub use socket::{Endpoint, Protocol, Socket, SocketCounts, SocketState, Traffic};
pub(crate) use traffic::{TrafficReader, not_loopback};
