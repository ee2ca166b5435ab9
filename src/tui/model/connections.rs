//! [`ConnectionView`]: the sockets on the screen, sorted, with a selected line that stays on its
//! socket.

use std::net::SocketAddr;

use crate::inspect::{Connection, Connections, Endpoint, Protocol};
use crate::spec::ContainerId;

/// How sockets are ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ConnectionSort {
    /// Those that listen first, then by state.
    #[default]
    State,
    /// By their own port.
    Port,
    /// The most received and sent first.
    Traffic,
}

impl ConnectionSort {
    /// Its name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Port => "port",
            Self::Traffic => "traffic",
        }
    }

    /// The next one, the first after the last.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::State => Self::Port,
            Self::Port => Self::Traffic,
            Self::Traffic => Self::State,
        }
    }
}

/// What tells one socket from the others.
type Key = (Protocol, Endpoint, Option<SocketAddr>, u32);

/// The sockets on the screen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConnectionView {
    /// The container.
    pub of: Option<ContainerId>,
    /// Its sockets, sorted, or an error; `None` before the first answer.
    pub seen: Option<Result<Connections, String>>,
    /// How they are ordered.
    pub sort: ConnectionSort,
    row: usize,
    selected: Option<Key>,
}

impl ConnectionView {
    /// Takes an answer about `id`.
    pub fn take(&mut self, id: ContainerId, seen: Result<Connections, String>) {
        if self.of.as_ref() != Some(&id) {
            (self.row, self.selected) = (0, None);
        }
        (self.of, self.seen) = (Some(id), Some(seen));
        self.arrange();
    }

    /// Sorts by the next order.
    pub fn sort_next(&mut self) {
        self.sort = self.sort.next();
        self.arrange();
    }

    /// Sorts the lines again. The selection stays on its socket; when that is gone, on its line.
    fn arrange(&mut self) {
        let sort = self.sort;
        if let Some(Ok(seen)) = &mut self.seen {
            seen.list.sort_by_cached_key(|connection| {
                let socket = &connection.socket;
                let state = socket.state as u64;
                // a unix socket has no port
                let port = match socket.local.port() {
                    0 => u64::MAX,
                    port => u64::from(port),
                };
                let first = match sort {
                    ConnectionSort::State => (state, port),
                    ConnectionSort::Port => (port, state),
                    ConnectionSort::Traffic => (u64::MAX - socket.bytes(), state),
                };
                (first, key(connection))
            });
        }
        let same = |connection: &Connection| Some(key(connection)) == self.selected;
        let found = self.list().iter().position(same);
        self.select(found.unwrap_or(self.row));
    }

    /// The sockets.
    #[must_use]
    pub fn list(&self) -> &[Connection] {
        match &self.seen {
            Some(Ok(seen)) => &seen.list,
            _ => &[],
        }
    }

    /// The selected line.
    #[must_use]
    pub fn row(&self) -> usize {
        self.row
    }

    /// Selects line `row`, or the last one.
    pub fn select(&mut self, row: usize) {
        self.row = row.min(self.list().len().saturating_sub(1));
        self.selected = self.list().get(self.row).map(key);
    }
}

fn key(connection: &Connection) -> Key {
    let socket = &connection.socket;
    (
        socket.protocol,
        socket.local.clone(),
        socket.peer,
        socket.inode,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::{Network, Socket, SocketCounts, SocketState, Traffic};

    fn seen(sockets: &[(u16, SocketState, u64)]) -> Result<Connections, String> {
        let connection = |(port, state, bytes): &(u16, SocketState, u64)| Connection {
            socket: Socket {
                protocol: Protocol::Tcp,
                local: Endpoint::Ip(SocketAddr::from(([127, 0, 0, 1], *port))),
                peer: None,
                state: *state,
                inode: u32::from(*port),
                traffic: Some(Traffic {
                    rx_bytes: *bytes,
                    tx_bytes: 0,
                }),
            },
            holder: None,
            peer: None,
        };
        Ok(Connections {
            network: Network::Own,
            list: sockets.iter().map(connection).collect(),
            counts: SocketCounts::default(),
            uncounted: false,
            search_cut: false,
        })
    }

    fn ports(view: &ConnectionView) -> Vec<u16> {
        let port = |connection: &Connection| connection.socket.local.port();
        view.list().iter().map(port).collect()
    }

    #[test]
    fn the_selection_stays_on_its_socket() {
        use SocketState::{Established, Listen, TimeWait};
        let id = ContainerId::from_random([1; 6]);
        let first = [
            (9, TimeWait, 0),
            (80, Established, 5),
            (443, Listen, 0),
            (22, Established, 70),
        ];
        let mut view = ConnectionView::default();
        view.take(id.clone(), seen(&first));
        assert_eq!(ports(&view), [443, 22, 80, 9]);
        view.select(2);
        view.sort_next();
        assert_eq!((ports(&view), view.row()), (vec![9, 22, 80, 443], 2));
        view.sort_next();
        assert_eq!((ports(&view), view.row()), (vec![22, 80, 443, 9], 1));
        view.sort_next();
        view.take(id.clone(), seen(&[first[1], (10, Listen, 0)]));
        assert_eq!((ports(&view), view.row()), (vec![10, 80], 1));
        view.take(id.clone(), seen(&[(10, Listen, 0)]));
        assert_eq!(view.row(), 0, "the nearest when it is gone");
        view.take(id, Err("n/a".into()));
        assert_eq!((view.list().len(), view.row()), (0, 0));
        view.take(ContainerId::from_random([2; 6]), seen(&first));
        assert_eq!(view.row(), 0, "another container begins at its first");
    }
}
