//! Lists sockets by `NETLINK_SOCK_DIAG` (sock_diag(7)): of the current network namespace, in bounded
//! number and time.
//!
//! Chosen over `/proc/PID/net/tcp` and its like: it counts bytes, lists those that listen without
//! walking all connections, and stops when the time is over.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, setsockopt, socket,
    sockopt::ReceiveTimeout,
};
use nix::sys::time::TimeVal;

use super::socket::{Endpoint, Protocol, Socket, SocketCounts, SocketList, SocketState, Traffic};
use crate::spec::name_of;

/// Maximum number of sockets listed of one request: a container may open any number, and no kind
/// hides the others.
const MAX_OF_A_KIND: usize = 1_000;
/// Maximum number kept of one request to choose these from; further ones are only counted.
const MAX_KEPT: usize = 16_384;
/// The time after which nothing more is asked. One request has half of what is left.
const TIME: Duration = Duration::from_millis(300);
/// As much as the kernel gives in one answer.
const ANSWER: usize = 32 << 10;

/// `SOCK_DIAG_BY_FAMILY` (linux/sock_diag.h).
const BY_FAMILY: u16 = 20;
/// The states of tcp_states.h by number; 12 is a connection request.
const STATES: [Option<SocketState>; 13] = [
    None,
    Some(SocketState::Established),
    Some(SocketState::SynSent),
    Some(SocketState::SynReceived),
    Some(SocketState::FinWait1),
    Some(SocketState::FinWait2),
    Some(SocketState::TimeWait),
    Some(SocketState::Closed),
    Some(SocketState::CloseWait),
    Some(SocketState::LastAck),
    Some(SocketState::Listen),
    Some(SocketState::Closing),
    Some(SocketState::SynReceived),
];
const LISTEN: u32 = 1 << 10;
const TIME_WAIT: u32 = 1 << 6;
/// Of a UDP socket: without a peer.
const CLOSED: u32 = 1 << 7;
/// Every state but that of a socket that was never bound.
const ALL: u32 = 0x1fff;

/// One request: whose sockets, and in which states (a bit each).
#[derive(Debug, Clone, Copy)]
struct Kind {
    family: i32,
    protocol: Protocol,
    states: u32,
}

/// The most useful ones first, should time or room run out.
const KINDS: [Kind; 11] = {
    const fn kind(family: i32, protocol: Protocol, states: u32) -> Kind {
        Kind {
            family,
            protocol,
            states,
        }
    }
    let connected = ALL & !LISTEN & !TIME_WAIT;
    [
        kind(libc::AF_INET, Protocol::Tcp, LISTEN),
        kind(libc::AF_INET6, Protocol::Tcp, LISTEN),
        kind(libc::AF_INET, Protocol::Udp, CLOSED),
        kind(libc::AF_INET6, Protocol::Udp, CLOSED),
        kind(libc::AF_UNIX, Protocol::Unix, LISTEN),
        kind(libc::AF_INET, Protocol::Tcp, connected),
        kind(libc::AF_INET6, Protocol::Tcp, connected),
        kind(libc::AF_INET, Protocol::Udp, ALL & !CLOSED),
        kind(libc::AF_INET6, Protocol::Udp, ALL & !CLOSED),
        kind(libc::AF_INET, Protocol::Tcp, TIME_WAIT),
        kind(libc::AF_INET6, Protocol::Tcp, TIME_WAIT),
    ]
};

/// The sockets of the current network namespace.
///
/// # Errors
/// The error of socket(2), and ENOENT on a kernel without `CONFIG_INET_DIAG`.
pub(crate) fn sockets() -> io::Result<SocketList> {
    let deadline = Instant::now() + TIME;
    let mut found = SocketList::default();
    for kind in KINDS {
        let now = Instant::now();
        let half = deadline.saturating_duration_since(now) / 2;
        match dump(kind, now + half) {
            Ok(some) => {
                found.list.extend(foremost(some.list, MAX_OF_A_KIND));
                found.counts = found.counts.plus(some.counts);
                found.uncounted |= some.uncounted;
            }
            // a kernel may have TCP's alone, or no IPv6
            Err(Errno::ENOENT) if !found.list.is_empty() || kind.protocol != Protocol::Tcp => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(found)
}

/// Pure: at most `most` of `list`. Half of them are those with the lowest ports, half those with the
/// most traffic, so that in either order the first rows are the right ones.
fn foremost(mut list: Vec<Socket>, most: usize) -> Vec<Socket> {
    if list.len() <= most {
        return list;
    }
    list.sort_by_key(|socket| socket.local.port());
    list[most / 2..].sort_by_key(|socket| std::cmp::Reverse(socket.bytes()));
    list.truncate(most);
    list
}

/// The sockets of this kind, and how many there are.
fn dump(kind: Kind, deadline: Instant) -> nix::Result<SocketList> {
    let socket = open()?;
    send(socket.as_raw_fd(), &request(kind), MsgFlags::empty())?;
    let mut found = SocketList::default();
    let mut answer = vec![0; ANSWER];
    loop {
        let length = match recv(socket.as_raw_fd(), &mut answer, MsgFlags::empty()) {
            Ok(length) => length,
            Err(Errno::EINTR) => continue,
            Err(Errno::EAGAIN) => {
                found.uncounted = true;
                return Ok(found);
            }
            Err(errno) => return Err(errno),
        };
        let before = found.list.len();
        let ended = parse(kind.protocol, &answer[..length], &mut found.list)?;
        found.counts = found.counts.plus(SocketCounts::of(&found.list[before..]));
        found.list.truncate(MAX_KEPT);
        if ended || Instant::now() >= deadline {
            // closing the socket ends what the kernel would still tell
            found.uncounted = !ended;
            return Ok(found);
        }
    }
}

fn open() -> nix::Result<OwnedFd> {
    let socket = socket(
        AddressFamily::Netlink,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkSockDiag,
    )?;
    let timeout = TimeVal::new(0, TIME.as_micros() as libc::suseconds_t);
    setsockopt(&socket, ReceiveTimeout, &timeout)?;
    Ok(socket)
}

/// Pure: the request of `kind` (linux/inet_diag.h, linux/unix_diag.h).
fn request(kind: Kind) -> Vec<u8> {
    /// The extension `INET_DIAG_INFO`: asks for a tcp_info.
    const WITH_INFO: u8 = 1 << 1;
    /// `UDIAG_SHOW_NAME`.
    const WITH_NAME: u32 = 1;
    let mut body = vec![kind.family as u8];
    match kind.protocol {
        Protocol::Unix => {
            body.extend([0; 3]);
            body.extend(kind.states.to_ne_bytes());
            body.extend(0_u32.to_ne_bytes());
            body.extend(WITH_NAME.to_ne_bytes());
            body.extend([0; 8]);
        }
        Protocol::Tcp | Protocol::Udp => {
            let protocol = match kind.protocol {
                Protocol::Udp => libc::IPPROTO_UDP,
                _ => libc::IPPROTO_TCP,
            };
            body.extend([protocol as u8, WITH_INFO, 0]);
            body.extend(kind.states.to_ne_bytes());
            body.extend([0; 48]);
        }
    }
    let flags = (libc::NLM_F_REQUEST | libc::NLM_F_DUMP) as u16;
    let mut message = ((16 + body.len()) as u32).to_ne_bytes().to_vec();
    message.extend(BY_FAMILY.to_ne_bytes());
    message.extend(flags.to_ne_bytes());
    message.extend([0; 8]);
    message.extend(body);
    message
}

/// Pure: adds the sockets of one answer to `found`; returns whether it was the last.
fn parse(protocol: Protocol, mut answer: &[u8], found: &mut Vec<Socket>) -> nix::Result<bool> {
    while let (Some(length), Some(kind)) = (u32_at(answer, 0), u16_at(answer, 4)) {
        let length = (length as usize).clamp(16, answer.len().max(16));
        let Some(body) = answer.get(16..length) else {
            break;
        };
        match i32::from(kind) {
            libc::NLMSG_DONE => return Ok(true),
            libc::NLMSG_ERROR => {
                let errno = u32_at(body, 0).unwrap_or(0).cast_signed();
                return Err(Errno::from_raw(errno.saturating_neg()));
            }
            _ => found.extend(match protocol {
                Protocol::Unix => unix(body),
                Protocol::Tcp | Protocol::Udp => internet(protocol, body),
            }),
        }
        answer = answer.get(length.next_multiple_of(4)..).unwrap_or(&[]);
    }
    Ok(false)
}

/// Pure: an `inet_diag_msg`.
fn internet(protocol: Protocol, body: &[u8]) -> Option<Socket> {
    const HEAD: usize = 72;
    let family = i32::from(*body.first()?);
    let state = STATES.get(usize::from(*body.get(1)?)).copied().flatten()?;
    let state = match (protocol, state) {
        (Protocol::Udp, SocketState::Closed) => SocketState::Unconnected,
        (_, state) => state,
    };
    let end = |port: usize, address: usize| {
        let port = u16::from_be_bytes(body.get(port..port + 2)?.try_into().ok()?);
        let bytes: [u8; 16] = body.get(address..address + 16)?.try_into().ok()?;
        let ip = if family == libc::AF_INET {
            IpAddr::V4(Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3]))
        } else {
            IpAddr::V6(Ipv6Addr::from(bytes)).to_canonical()
        };
        Some(SocketAddr::new(ip, port))
    };
    let (local, peer) = (end(4, 8)?, end(6, 24)?);
    let connected = !matches!(state, SocketState::Listen | SocketState::Unconnected);
    let traffic = attribute(body, HEAD, 2).and_then(tcp_info);
    Some(Socket {
        protocol,
        local: Endpoint::Ip(local),
        peer: Some(peer).filter(|_| connected),
        state,
        inode: u32_at(body, 68)?,
        traffic: traffic.filter(|_| connected && protocol == Protocol::Tcp),
    })
}

/// Pure: the payload counted in a `tcp_info` (linux/tcp.h; Linux 4.19).
fn tcp_info(info: &[u8]) -> Option<Traffic> {
    let number = |at: usize| Some(u64::from_ne_bytes(info.get(at..at + 8)?.try_into().ok()?));
    Some(Traffic {
        rx_bytes: number(128)?,
        // what was sent, without what was sent again
        tx_bytes: number(200)?.saturating_sub(number(208)?),
    })
}

/// Pure: a `unix_diag_msg` of a socket that listens.
fn unix(body: &[u8]) -> Option<Socket> {
    const HEAD: usize = 16;
    let name = attribute(body, HEAD, 0)?;
    let text = match name.split_first() {
        Some((0, name)) => format!("@{}", name_of(name)),
        _ => name_of(name).trim_end_matches('\0').to_owned(),
    };
    Some(Socket {
        protocol: Protocol::Unix,
        local: Endpoint::Path(text),
        peer: None,
        state: STATES.get(usize::from(*body.get(2)?)).copied().flatten()?,
        inode: u32_at(body, 4)?,
        traffic: None,
    })
}

/// Pure: the attribute number `wanted` among those that begin at `at` (netlink(7), rtattr).
fn attribute(body: &[u8], mut at: usize, wanted: u16) -> Option<&[u8]> {
    loop {
        let length = usize::from(u16_at(body, at)?);
        if length < 4 {
            return None;
        }
        if u16_at(body, at + 2)? == wanted {
            return body.get(at + 4..at + length);
        }
        at += length.next_multiple_of(4);
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr as UnixAddr, UnixListener};

    use nix::sched::{CloneFlags, unshare};

    use super::*;
    use crate::network::bring_loopback_up;

    /// Does `what` in a network namespace of its own.
    fn apart<T: Send + 'static>(what: impl FnOnce() -> T + Send + 'static) -> T {
        let thread = std::thread::spawn(|| {
            unshare(CloneFlags::CLONE_NEWNET).unwrap();
            bring_loopback_up().unwrap();
            what()
        });
        thread.join().unwrap()
    }

    #[test]
    fn sockets_are_listed_with_state_and_payload() {
        let found = apart(|| {
            let listener = TcpListener::bind("127.0.0.1:7070").unwrap();
            let mut client = TcpStream::connect("127.0.0.1:7070").unwrap();
            let (_server, _) = listener.accept().unwrap();
            client.write_all(&[7; 1234]).unwrap();
            let _six = TcpListener::bind("[::1]:7071").unwrap();
            let _udp = UdpSocket::bind("127.0.0.1:7072").unwrap();
            let name = UnixAddr::from_abstract_name("here").unwrap();
            let _unix = UnixListener::bind_addr(&name).unwrap();
            sockets().unwrap()
        });
        let listed: Vec<String> = found
            .list
            .iter()
            .map(|socket| {
                let peer = socket.peer.map_or("-", |peer| {
                    if peer.port() == 7070 {
                        "server"
                    } else {
                        "client"
                    }
                });
                let local = socket.local.to_string();
                let local = if peer == "server" { "client" } else { &local };
                let traffic = socket
                    .traffic
                    .map(|traffic| (traffic.rx_bytes, traffic.tx_bytes));
                let (protocol, state) = (socket.protocol.word(), socket.state.word());
                format!("{protocol} {local} {peer} {state} {traffic:?}")
            })
            .collect();
        let (idle, mut connected) = (&listed[..4], listed[4..].to_vec());
        assert_eq!(
            idle,
            [
                "tcp 127.0.0.1:7070 - LISTEN None",
                "tcp [::1]:7071 - LISTEN None",
                "udp 127.0.0.1:7072 - UNCONN None",
                "unix @here - LISTEN None",
            ]
        );
        connected.sort();
        assert_eq!(
            connected,
            [
                "tcp 127.0.0.1:7070 client ESTAB Some((1234, 0))",
                "tcp client server ESTAB Some((0, 1234))",
            ]
        );
        assert!(found.list.iter().all(|socket| socket.inode != 0));
        let counts = SocketCounts {
            listening: 4,
            connected: 2,
            other: 0,
        };
        assert_eq!((found.counts, found.uncounted), (counts, false));
    }

    #[test]
    fn many_sockets_are_counted_and_not_all_listed() {
        let found = apart(|| {
            // the highest ports first: the kernel's order is not that of the ports
            let held: Vec<TcpListener> = (1..=1_500)
                .rev()
                .map(|port| TcpListener::bind(("127.0.0.1", 2_000 + port)).unwrap())
                .collect();
            let udp: Vec<UdpSocket> = (1..=1_200)
                .map(|port| {
                    let socket = UdpSocket::bind(("127.0.0.1", 2_000 + port)).unwrap();
                    socket.connect("127.0.0.1:9").unwrap();
                    socket
                })
                .collect();
            let real = UdpSocket::bind("127.0.0.1:5353").unwrap();
            let found = sockets().unwrap();
            drop((held, udp, real));
            found
        });
        let of = |protocol, state| {
            let list = found.list.iter();
            list.filter(|socket| (socket.protocol, socket.state) == (protocol, state))
                .map(|socket| socket.local.port())
                .collect::<Vec<u16>>()
        };
        let listening = of(Protocol::Tcp, SocketState::Listen);
        let lowest: Vec<u16> = (2_001..=2_500).collect();
        assert_eq!(
            (&listening[..500], listening.len()),
            (&lowest[..], MAX_OF_A_KIND)
        );
        assert_eq!(of(Protocol::Udp, SocketState::Unconnected), [5353]);
        let connected = of(Protocol::Udp, SocketState::Established);
        assert_eq!(connected.len(), MAX_OF_A_KIND);
        let counts = SocketCounts {
            listening: 1_501,
            connected: 1_200,
            other: 0,
        };
        assert_eq!((found.counts, found.uncounted), (counts, false));
    }

    #[test]
    fn what_each_order_begins_with_is_listed() {
        let socket = |port: u16| Socket {
            protocol: Protocol::Tcp,
            local: Endpoint::Ip(SocketAddr::from(([127, 0, 0, 1], port))),
            peer: None,
            state: SocketState::Established,
            inode: 1,
            traffic: Some(Traffic {
                rx_bytes: u64::from(port),
                tx_bytes: 1,
            }),
        };
        let ports = |most| {
            let list = foremost([5, 1, 9, 3, 7].map(socket).to_vec(), most);
            list.iter().map(|s| s.local.port()).collect::<Vec<_>>()
        };
        assert_eq!(ports(4), [1, 3, 9, 7]);
        assert_eq!(ports(5), [5, 1, 9, 3, 7], "all");
    }

    #[test]
    fn answers_of_any_bytes_are_read_to_their_end() {
        let mut found = Vec::new();
        for length in [0_u32, 1, 15, 16, 17, 40, u32::MAX] {
            for fill in [0, 10, 255] {
                let mut answer = vec![fill; 96];
                answer[..4].copy_from_slice(&length.to_ne_bytes());
                answer[4..6].copy_from_slice(&BY_FAMILY.to_ne_bytes());
                for protocol in [Protocol::Tcp, Protocol::Udp, Protocol::Unix] {
                    let _ = parse(protocol, &answer, &mut found);
                }
            }
        }
        assert!(found.len() < 100, "{}", found.len());
        let refused = [
            36_u32.to_ne_bytes(),
            2_u32.to_ne_bytes(),
            [0; 4],
            [0; 4],
            (-2_i32).to_ne_bytes(),
        ];
        let refused = parse(Protocol::Tcp, &refused.concat(), &mut found);
        assert_eq!(refused, Err(Errno::ENOENT));
    }
}
