//! The made-up sockets of a container: what a server of its program would have open.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::world::Member;
use crate::inspect::{
    Connection, Connections, Endpoint, Holder, Network, Protocol, Socket, SocketCounts,
    SocketState, Traffic,
};
use crate::spec::ContainerName;

/// The address of every container in its own network.
const OWN: Ipv4Addr = Ipv4Addr::new(10, 88, 0, 2);
/// Bytes received for each microsecond of CPU time.
const BYTES_PER_USEC: f64 = 0.02;

/// The port that a command listens on, if it is a server.
pub(super) fn port(argv: &[String]) -> Option<u16> {
    match argv.first()?.as_str() {
        "httpd" => argv.last()?.parse().ok(),
        "redis-server" => Some(6379),
        "postgres" => Some(5432),
        _ => None,
    }
}

/// The bytes that a server has received and sent; nothing else uses its network.
pub(super) fn traffic(member: &Member) -> Option<Traffic> {
    port(&member.record.spec.argv)?;
    let received = member.simulation.sample.cpu_usec.unwrap_or(0) as f64 * BYTES_PER_USEC;
    Some(Traffic {
        rx_bytes: received as u64,
        tx_bytes: (received * 9.0) as u64,
    })
}

/// The sockets of `member`, whose init is `pid`.
pub(super) fn connections(member: &Member, pid: i32) -> Connections {
    let argv = &member.record.spec.argv;
    let program = argv.first().cloned().unwrap_or_default();
    let holder = |worker: i32| Holder {
        pid: pid + worker,
        command: program.clone(),
        container: None,
    };
    let mut list = Vec::new();
    let mut push = |local: Endpoint, peer: Option<SocketAddr>, state, worker| {
        let share = traffic(member).map(|all| Traffic {
            rx_bytes: all.rx_bytes / 4,
            tx_bytes: all.tx_bytes / 4,
        });
        let held = state != SocketState::TimeWait;
        let protocol = match local {
            Endpoint::Ip(_) => Protocol::Tcp,
            Endpoint::Path(_) => Protocol::Unix,
        };
        list.push(Connection {
            socket: Socket {
                protocol,
                local,
                peer,
                state,
                inode: if held { 4_000 + worker as u32 } else { 0 },
                traffic: share.filter(|_| peer.is_some() && held),
            },
            holder: Some(holder(worker)).filter(|_| held),
            peer: None,
        });
    };
    if let Some(port) = port(argv) {
        let at = |ip: Ipv4Addr, port: u16| SocketAddr::new(IpAddr::V4(ip), port);
        let own = Endpoint::Ip(at(OWN, port));
        let client = |last: u8, port| Some(at(Ipv4Addr::new(192, 0, 2, last), port));
        push(
            Endpoint::Ip(at(Ipv4Addr::UNSPECIFIED, port)),
            None,
            SocketState::Listen,
            0,
        );
        push(
            Endpoint::Path(format!("/run/{program}.sock")),
            None,
            SocketState::Listen,
            0,
        );
        push(own.clone(), client(17, 51_744), SocketState::Established, 1);
        push(own.clone(), client(23, 40_122), SocketState::Established, 2);
        push(own.clone(), client(23, 40_130), SocketState::CloseWait, 2);
        push(own, client(80, 33_218), SocketState::TimeWait, 0);
        if program == "httpd" {
            let database = Some(at(Ipv4Addr::LOCALHOST, 5432));
            let local = Endpoint::Ip(at(Ipv4Addr::LOCALHOST, 38_060));
            push(local, database, SocketState::Established, 3);
            if let Some(last) = list.last_mut() {
                last.peer = Some(Holder {
                    pid: pid + 200,
                    command: "postgres".into(),
                    container: ContainerName::new("db").ok(),
                });
            }
        }
    }
    Connections {
        network: Network::Own,
        counts: SocketCounts::of(list.iter().map(|connection| &connection.socket)),
        uncounted: false,
        list,
        search_cut: false,
    }
}
