//! [`Slots`]: the open connections, and which is closed when there are too many.
//!
//! Unauthenticated connections have a small pool of their own, so that they never displace others;
//! when it is full, the oldest one of the peer with the most is closed. Authenticated ones are
//! bounded per peer and in total; a new one displaces the oldest idle one.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

/// Maximum number of connections.
struct Bound {
    total: usize,
    per_peer: usize,
}

/// Maximum number of connections that have not sent the token.
const MAX_UNAUTHENTICATED: usize = 64;
/// The bound of connections that have.
const MAX_AUTHENTICATED: Bound = Bound {
    total: 256,
    per_peer: 192,
};
/// Maximum number of requests whose body is being read.
const MAX_BODIES: usize = 32;
/// The bound of viewers, each of which is a thread.
const MAX_VIEWERS: Bound = Bound {
    total: 100,
    per_peer: 64,
};
/// The bound of event streams.
const MAX_EVENT_STREAMS: Bound = Bound {
    total: 64,
    per_peer: 32,
};
/// How long a connection may stay unauthenticated.
const AUTHENTICATION_TIMEOUT: Duration = Duration::from_secs(10);

/// The remote end of a connection, for counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Peer {
    /// An address; of IPv6 the 64-bit network, all of which one host has (RFC 4291, section 2.5.4).
    Address(IpAddr),
    /// A user of this host, on a unix socket.
    User(u32),
}

impl Peer {
    /// The peer with this address.
    pub(super) fn at(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
            v4 => v4,
        })
    }
}

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// It has not sent the token.
    Unauthenticated,
    /// Between two requests, or sending a response.
    Idle,
    /// Reading a request's body.
    Body,
    /// Handling a request.
    Request,
    /// Showing the screen.
    Screen,
    /// Streaming events.
    Events,
}

struct Connection {
    peer: Peer,
    activity: Activity,
    /// Sequence number of the last change: the lowest is the oldest.
    since: u64,
    closed: Arc<Notify>,
}

/// All connections.
#[derive(Default)]
pub(super) struct Slots {
    all: Mutex<BTreeMap<u64, Connection>>,
    count: AtomicU64,
}

/// The slot of one connection, freed when dropped.
pub struct Slot {
    slots: Arc<Slots>,
    id: u64,
    closed: Arc<Notify>,
}

/// No slot is left.
pub struct Full;

impl Slots {
    fn all(&self) -> MutexGuard<'_, BTreeMap<u64, Connection>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    /// A slot for a new connection of `peer`.
    pub(super) fn open(self: &Arc<Self>, peer: Peer) -> Arc<Slot> {
        let mut all = self.all();
        if all
            .values()
            .filter(|held| held.activity == Activity::Unauthenticated)
            .count()
            >= MAX_UNAUTHENTICATED
        {
            close_oldest_of_most(&mut all);
        }
        let (id, closed) = (self.next(), Arc::new(Notify::new()));
        all.insert(
            id,
            Connection {
                peer,
                activity: Activity::Unauthenticated,
                since: id,
                closed: Arc::clone(&closed),
            },
        );
        drop(all);
        Arc::new(Slot {
            slots: Arc::clone(self),
            id,
            closed,
        })
    }
}

/// Closes the oldest unauthenticated connection of the peer that has the most of them, so that a
/// flood displaces only its own.
fn close_oldest_of_most(all: &mut BTreeMap<u64, Connection>) {
    let mut counts: BTreeMap<Peer, usize> = BTreeMap::new();
    for held in all
        .values()
        .filter(|held| held.activity == Activity::Unauthenticated)
    {
        *counts.entry(held.peer).or_default() += 1;
    }
    let most = counts.values().max();
    close_oldest(all, |held| {
        held.activity == Activity::Unauthenticated && counts.get(&held.peer) == most
    });
}

/// Closes the oldest connection that matches; returns whether there was one.
fn close_oldest(
    all: &mut BTreeMap<u64, Connection>,
    matches: impl Fn(&Connection) -> bool,
) -> bool {
    let oldest = all
        .iter()
        .filter(|(_, held)| matches(held))
        .min_by_key(|(_, held)| held.since)
        .map(|(id, _)| *id);
    let Some(held) = oldest.and_then(|id| all.remove(&id)) else {
        return false;
    };
    held.closed.notify_one();
    true
}

/// Whether the connection can be closed without interrupting a request.
fn is_displaceable(held: &Connection) -> bool {
    matches!(held.activity, Activity::Idle | Activity::Body)
}

impl Slot {
    /// Marks it as authenticated and handling a request.
    ///
    /// # Errors
    /// [`Full`] when all other slots are handling requests or streams.
    pub fn authenticate(&self) -> Result<(), Full> {
        let mut all = self.slots.all();
        let Some((peer, activity)) = all.get(&self.id).map(|held| (held.peer, held.activity))
        else {
            return Err(Full);
        };
        if activity == Activity::Unauthenticated {
            let Bound { total, per_peer } = MAX_AUTHENTICATED;
            let authenticated = |held: &&Connection| held.activity != Activity::Unauthenticated;
            if all
                .values()
                .filter(authenticated)
                .filter(|held| held.peer == peer)
                .count()
                >= per_peer
            {
                close_oldest(&mut all, |held| held.peer == peer && is_displaceable(held))
                    .then_some(())
                    .ok_or(Full)?;
            } else if all.values().filter(authenticated).count() >= total {
                close_oldest(&mut all, is_displaceable)
                    .then_some(())
                    .ok_or(Full)?;
            }
        }
        self.set(&mut all, Activity::Request);
        Ok(())
    }

    /// Marks it as reading a body. The oldest of too many is closed.
    pub fn begin_body(&self) {
        let mut all = self.slots.all();
        if all
            .values()
            .filter(|held| held.activity == Activity::Body)
            .count()
            >= MAX_BODIES
        {
            close_oldest(&mut all, |held| held.activity == Activity::Body);
        }
        self.set(&mut all, Activity::Body);
    }

    /// The body has been read.
    pub fn end_body(&self) {
        self.set(&mut self.slots.all(), Activity::Request);
    }

    /// The request has been handled: idle, unless it became a stream.
    pub fn end_request(&self) {
        let mut all = self.slots.all();
        if all
            .get(&self.id)
            .is_some_and(|held| held.activity == Activity::Request)
        {
            self.set(&mut all, Activity::Idle);
        }
    }

    /// Turns the request into a stream of this kind.
    ///
    /// # Errors
    /// [`Full`] when there are too many.
    pub fn stream(&self, activity: Activity) -> Result<(), Full> {
        let Bound { total, per_peer } = if activity == Activity::Screen {
            MAX_VIEWERS
        } else {
            MAX_EVENT_STREAMS
        };
        let mut all = self.slots.all();
        let peer = all.get(&self.id).map(|held| held.peer).ok_or(Full)?;
        let same = |held: &&Connection| held.activity == activity;
        let full = all.values().filter(same).count() >= total
            || all
                .values()
                .filter(same)
                .filter(|held| held.peer == peer)
                .count()
                >= per_peer;
        if full {
            return Err(Full);
        }
        self.set(&mut all, activity);
        Ok(())
    }

    fn set(&self, all: &mut BTreeMap<u64, Connection>, activity: Activity) {
        if let Some(held) = all.get_mut(&self.id) {
            (held.activity, held.since) = (activity, self.slots.next());
        }
    }

    /// Waits until the connection must be closed: its slot is needed, or it did not authenticate in
    /// time.
    pub async fn closed(&self) {
        if timeout(AUTHENTICATION_TIMEOUT, self.closed.notified())
            .await
            .is_ok()
        {
            return;
        }
        let unknown = self
            .slots
            .all()
            .get(&self.id)
            .is_none_or(|held| held.activity == Activity::Unauthenticated);
        if !unknown {
            self.closed.notified().await;
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.all().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(n: u8) -> Peer {
        Peer::at(IpAddr::from([10, 0, 0, n]))
    }

    fn there(slots: &Slots, slot: &Slot) -> bool {
        slots.all().contains_key(&slot.id)
    }

    #[test]
    fn a_flood_displaces_its_own() {
        let slots = Arc::new(Slots::default());
        let quiet: Vec<_> = (0..4).map(|_| slots.open(peer(1))).collect();
        let flood: Vec<_> = (0..1_000).map(|_| slots.open(peer(2))).collect();
        assert!(quiet.iter().all(|slot| there(&slots, slot)));
        assert!(!there(&slots, &flood[0]) && there(&slots, &flood[999]));
        assert_eq!(slots.all().len(), MAX_UNAUTHENTICATED);
    }

    #[test]
    fn among_many_peers_with_one_each_the_oldest_is_closed() {
        let slots = Arc::new(Slots::default());
        let all: Vec<_> = (0..=MAX_UNAUTHENTICATED)
            .rev()
            .map(|n| slots.open(peer(n as u8)))
            .collect();
        assert!(!there(&slots, &all[0]) && all[1..].iter().all(|slot| there(&slots, slot)));
    }

    #[test]
    fn idle_connections_are_displaced_and_busy_ones_are_not() {
        let slots = Arc::new(Slots::default());
        let enter = |n| {
            let slot = slots.open(peer(n));
            slot.authenticate().map(|()| slot)
        };
        let mut idle: Vec<_> = (0..MAX_AUTHENTICATED.per_peer)
            .filter_map(|_| enter(1).ok())
            .collect();
        idle.iter().for_each(|slot| slot.end_request());
        idle.push(enter(1).ok().unwrap());
        assert!(
            !there(&slots, &idle[0]) && there(&slots, &idle[1]),
            "the oldest of the same peer was closed"
        );
        let busy: Vec<_> = (0..MAX_AUTHENTICATED.per_peer)
            .filter_map(|_| enter(2).ok())
            .collect();
        assert_eq!(busy.len(), MAX_AUTHENTICATED.per_peer);
        assert!(enter(2).is_err(), "no busy connection was closed");
        assert!(enter(3).is_ok(), "another peer's idle one was");
        drop(busy);
        assert!(enter(2).is_ok());
    }

    #[test]
    fn bodies_viewers_and_event_streams_are_bounded() {
        let slots = Arc::new(Slots::default());
        let bodies: Vec<_> = (0..=MAX_BODIES).map(|_| slots.open(peer(1))).collect();
        bodies.iter().for_each(|slot| {
            assert!(slot.authenticate().is_ok());
            slot.begin_body();
        });
        assert!(!there(&slots, &bodies[0]) && there(&slots, &bodies[1]));
        let viewers: Vec<_> = (0..MAX_VIEWERS.per_peer)
            .map(|_| slots.open(peer(2)))
            .collect();
        let views =
            |slot: &Arc<Slot>| slot.authenticate().is_ok() && slot.stream(Activity::Screen).is_ok();
        assert!(viewers.iter().all(views));
        assert!(!views(&slots.open(peer(2))) && views(&slots.open(peer(3))));
        viewers[0].end_request();
        assert!(
            !views(&slots.open(peer(2))),
            "the end of the request does not end a stream"
        );
    }

    #[test]
    fn one_network_of_ipv6_is_one_peer() {
        let at = |text: &str| Peer::at(text.parse().unwrap());
        assert_eq!(at("2001:db8::1"), at("2001:db8::ffff:2"));
        assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
        assert_eq!(at("::ffff:10.0.0.1"), peer(1));
    }
}
