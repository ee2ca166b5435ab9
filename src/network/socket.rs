//! [`Socket`]: a socket of a network namespace, as the kernel tells of it.

use std::fmt;
use std::net::SocketAddr;

/// Bytes received and sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes received.
    pub rx_bytes: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
}

/// The protocol of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP over IPv4 or IPv6.
    Tcp,
    /// UDP over IPv4 or IPv6.
    Udp,
    /// A unix socket.
    Unix,
}

impl Protocol {
    /// Its name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Unix => "unix",
        }
    }
}

/// One end of a connection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    /// An address and port. An IPv4 address that is mapped into IPv6 is shown as IPv4.
    Ip(SocketAddr),
    /// The path of a unix socket, or its abstract name after an `@` (unix(7)): any text.
    Path(String),
}

impl Endpoint {
    /// The port; 0 for a unix socket.
    #[must_use]
    pub fn port(&self) -> u16 {
        match self {
            Self::Ip(address) => address.port(),
            Self::Path(_) => 0,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            Self::Path(path) => f.pad(path),
        }
    }
}

macro_rules! states {
    ($($variant:ident $word:literal $about:literal;)*) => {
        /// The state of a socket (tcp(7), RFC 9293), in the order in which they are listed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum SocketState {
            $(#[doc = $about] $variant,)*
        }

        impl SocketState {
            /// Its name as `ss` writes it.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

states! {
    Listen "LISTEN" "Waiting for connections.";
    Unconnected "UNCONN" "A UDP socket that receives from anybody.";
    Established "ESTAB" "Connected.";
    SynSent "SYN-SENT" "Connecting.";
    SynReceived "SYN-RECV" "Being connected to.";
    FinWait1 "FIN-WAIT-1" "Closed here, not acknowledged yet.";
    FinWait2 "FIN-WAIT-2" "Closed here, not there.";
    CloseWait "CLOSE-WAIT" "Closed there, not here.";
    Closing "CLOSING" "Closed on both sides at the same time.";
    LastAck "LAST-ACK" "Closed on both sides, not acknowledged yet.";
    TimeWait "TIME-WAIT" "Closed; late segments may still come.";
    Closed "CLOSED" "Not connected.";
}

/// A socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// Its protocol.
    pub protocol: Protocol,
    /// Its own end.
    pub local: Endpoint,
    /// The other end, if it is connected.
    pub peer: Option<SocketAddr>,
    /// Its state.
    pub state: SocketState,
    /// Its inode, by which a process's descriptor is recognised; 0 when no process holds it.
    pub inode: u32,
    /// Payload so far; the kernel counts it for connected TCP sockets alone.
    pub traffic: Option<Traffic>,
}

impl Socket {
    /// Received and sent together; 0 when it is not counted.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let traffic = self.traffic.unwrap_or_default();
        traffic.rx_bytes.saturating_add(traffic.tx_bytes)
    }
}

/// How many sockets there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SocketCounts {
    /// Those that wait for anybody: listening, and UDP sockets without a peer.
    pub listening: u64,
    /// Connected.
    pub connected: u64,
    /// Becoming or no longer connected.
    pub other: u64,
}

impl SocketCounts {
    /// Counts `sockets`.
    #[must_use]
    pub fn of<'a>(sockets: impl IntoIterator<Item = &'a Socket>) -> Self {
        let mut counts = Self::default();
        for socket in sockets {
            match socket.state {
                SocketState::Listen | SocketState::Unconnected => counts.listening += 1,
                SocketState::Established => counts.connected += 1,
                _ => counts.other += 1,
            }
        }
        counts
    }

    /// These and those.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            listening: self.listening + other.listening,
            connected: self.connected + other.connected,
            other: self.other + other.other,
        }
    }
}

/// The sockets of a network namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SocketList {
    /// The sockets, those that listen first.
    pub list: Vec<Socket>,
    /// How many there are, listed or not.
    pub counts: SocketCounts,
    /// Whether there was no time to count them all.
    pub uncounted: bool,
}
