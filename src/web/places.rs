//! [`Places`]: who holds a connection, and whose is closed when there are too many.
//!
//! A connection is unknown until it has shown the token. Unknown ones share a small pool of their
//! own, so that they never take a place from those that have it; when the pool is full, the oldest
//! one of the peer with the most is closed. Known ones are bounded for each peer and in total; a
//! new one takes the place of the oldest that waits for its client.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

/// The most connections that have not shown the token.
const MAX_UNKNOWN: usize = 64;
/// The most that have: in total, and of one peer.
const MAX_KNOWN: [usize; 2] = [256, 192];
/// The most requests whose body is being read.
const MAX_BODIES: usize = 32;
/// The most pages that are shown the screen, each of which is a thread: in total, and of one peer.
const MAX_VIEWERS: [usize; 2] = [100, 64];
/// The most streams of events: in total, and of one peer.
const MAX_LISTENERS: [usize; 2] = [64, 32];
/// How long a connection may stay unknown.
const UNKNOWN: Duration = Duration::from_secs(10);

/// Who is at the other end, as far as places are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Peer {
    /// An address; of IPv6 the network of 64 bits, all of which one host has (RFC 4291, section
    /// 2.5.4).
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
pub enum Doing {
    /// It has not shown the token.
    Unknown,
    /// It waits for its client's next request, or for it to take an answer.
    Waiting,
    /// It waits for a request's body.
    Body,
    /// A request is being carried out.
    Working,
    /// It shows the screen.
    Viewing,
    /// It tells events.
    Listening,
}

struct Held {
    peer: Peer,
    doing: Doing,
    /// Grows with every change: the lowest is the oldest.
    since: u64,
    closed: Arc<Notify>,
}

/// Every connection.
#[derive(Default)]
pub(super) struct Places {
    all: Mutex<BTreeMap<u64, Held>>,
    count: AtomicU64,
}

/// The place of one connection; free again when it is dropped.
pub struct Place {
    places: Arc<Places>,
    id: u64,
    closed: Arc<Notify>,
}

/// There is no place left.
pub struct Full;

impl Places {
    fn all(&self) -> MutexGuard<'_, BTreeMap<u64, Held>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    /// A place for a connection of `peer`, of which nothing is known yet.
    pub(super) fn enter(self: &Arc<Self>, peer: Peer) -> Arc<Place> {
        let mut all = self.all();
        if all
            .values()
            .filter(|held| held.doing == Doing::Unknown)
            .count()
            >= MAX_UNKNOWN
        {
            close_oldest_of_most(&mut all);
        }
        let (id, closed) = (self.next(), Arc::new(Notify::new()));
        all.insert(
            id,
            Held {
                peer,
                doing: Doing::Unknown,
                since: id,
                closed: Arc::clone(&closed),
            },
        );
        drop(all);
        Arc::new(Place {
            places: Arc::clone(self),
            id,
            closed,
        })
    }
}

/// Closes the oldest unknown connection of the peer that has the most of them: a flood from
/// elsewhere costs nobody else.
fn close_oldest_of_most(all: &mut BTreeMap<u64, Held>) {
    let mut counts: BTreeMap<Peer, usize> = BTreeMap::new();
    for held in all.values().filter(|held| held.doing == Doing::Unknown) {
        *counts.entry(held.peer).or_default() += 1;
    }
    let most = counts.values().max();
    close_oldest(all, |held| {
        held.doing == Doing::Unknown && counts.get(&held.peer) == most
    });
}

/// Closes the oldest of those that `may` go; says whether there was one.
fn close_oldest(all: &mut BTreeMap<u64, Held>, may: impl Fn(&Held) -> bool) -> bool {
    let oldest = all
        .iter()
        .filter(|(_, held)| may(held))
        .min_by_key(|(_, held)| held.since)
        .map(|(id, _)| *id);
    let Some(held) = oldest.and_then(|id| all.remove(&id)) else {
        return false;
    };
    held.closed.notify_one();
    true
}

/// Whether the connection can be closed without losing what somebody waits for.
fn waits(held: &Held) -> bool {
    matches!(held.doing, Doing::Waiting | Doing::Body)
}

impl Place {
    /// It has shown the token, or needs none.
    ///
    /// # Errors
    /// [`Full`] when every place is taken by requests that are being carried out.
    pub fn know(&self) -> Result<(), Full> {
        let mut all = self.places.all();
        let Some((peer, doing)) = all.get(&self.id).map(|held| (held.peer, held.doing)) else {
            return Err(Full);
        };
        if doing == Doing::Unknown {
            let [total, each] = MAX_KNOWN;
            let known = |held: &&Held| held.doing != Doing::Unknown;
            if all
                .values()
                .filter(known)
                .filter(|held| held.peer == peer)
                .count()
                >= each
            {
                close_oldest(&mut all, |held| held.peer == peer && waits(held))
                    .then_some(())
                    .ok_or(Full)?;
            } else if all.values().filter(known).count() >= total {
                close_oldest(&mut all, waits).then_some(()).ok_or(Full)?;
            }
        }
        self.now(&mut all, Doing::Working);
        Ok(())
    }

    /// A body is waited for. The oldest of too many is closed.
    pub fn await_body(&self) {
        let mut all = self.places.all();
        if all
            .values()
            .filter(|held| held.doing == Doing::Body)
            .count()
            >= MAX_BODIES
        {
            close_oldest(&mut all, |held| held.doing == Doing::Body);
        }
        self.now(&mut all, Doing::Body);
    }

    /// The body is there.
    pub fn work(&self) {
        self.now(&mut self.places.all(), Doing::Working);
    }

    /// The request is answered: what does not go on is over.
    pub fn answered(&self) {
        let mut all = self.places.all();
        if all
            .get(&self.id)
            .is_some_and(|held| held.doing == Doing::Working)
        {
            self.now(&mut all, Doing::Waiting);
        }
    }

    /// It goes on as a stream of this kind.
    ///
    /// # Errors
    /// [`Full`] when there are enough of them.
    pub fn stream(&self, doing: Doing) -> Result<(), Full> {
        let [total, each] = if doing == Doing::Viewing {
            MAX_VIEWERS
        } else {
            MAX_LISTENERS
        };
        let mut all = self.places.all();
        let peer = all.get(&self.id).map(|held| held.peer).ok_or(Full)?;
        let same = |held: &&Held| held.doing == doing;
        let full = all.values().filter(same).count() >= total
            || all
                .values()
                .filter(same)
                .filter(|held| held.peer == peer)
                .count()
                >= each;
        if full {
            return Err(Full);
        }
        self.now(&mut all, doing);
        Ok(())
    }

    fn now(&self, all: &mut BTreeMap<u64, Held>, doing: Doing) {
        if let Some(held) = all.get_mut(&self.id) {
            (held.doing, held.since) = (doing, self.places.next());
        }
    }

    /// Waits until the connection is to be closed: its place is needed, or it was unknown for too
    /// long.
    pub async fn lost(&self) {
        if timeout(UNKNOWN, self.closed.notified()).await.is_ok() {
            return;
        }
        let unknown = self
            .places
            .all()
            .get(&self.id)
            .is_none_or(|held| held.doing == Doing::Unknown);
        if !unknown {
            self.closed.notified().await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.all().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(n: u8) -> Peer {
        Peer::at(IpAddr::from([10, 0, 0, n]))
    }

    fn there(places: &Places, place: &Place) -> bool {
        places.all().contains_key(&place.id)
    }

    #[test]
    fn who_floods_closes_its_own() {
        let places = Arc::new(Places::default());
        let quiet: Vec<_> = (0..4).map(|_| places.enter(peer(1))).collect();
        let flood: Vec<_> = (0..1_000).map(|_| places.enter(peer(2))).collect();
        assert!(quiet.iter().all(|place| there(&places, place)));
        assert!(!there(&places, &flood[0]) && there(&places, &flood[999]));
        assert_eq!(places.all().len(), MAX_UNKNOWN);
    }

    #[test]
    fn among_many_peers_with_one_each_the_oldest_goes() {
        let places = Arc::new(Places::default());
        let all: Vec<_> = (0..=MAX_UNKNOWN)
            .rev()
            .map(|n| places.enter(peer(n as u8)))
            .collect();
        assert!(!there(&places, &all[0]) && all[1..].iter().all(|place| there(&places, place)));
    }

    #[test]
    fn what_waits_makes_room_and_what_works_does_not() {
        let places = Arc::new(Places::default());
        let enter = |n| {
            let place = places.enter(peer(n));
            place.know().map(|()| place)
        };
        let mut idle: Vec<_> = (0..MAX_KNOWN[1]).filter_map(|_| enter(1).ok()).collect();
        idle.iter().for_each(|place| place.answered());
        idle.push(enter(1).ok().unwrap());
        assert!(
            !there(&places, &idle[0]) && there(&places, &idle[1]),
            "the oldest of the same peer went"
        );
        let busy: Vec<_> = (0..MAX_KNOWN[1]).filter_map(|_| enter(2).ok()).collect();
        assert_eq!(busy.len(), MAX_KNOWN[1]);
        assert!(enter(2).is_err(), "nothing of what works was closed");
        assert!(enter(3).is_ok(), "somebody else's idle one was");
        drop(busy);
        assert!(enter(2).is_ok());
    }

    #[test]
    fn bodies_viewers_and_listeners_are_bounded() {
        let places = Arc::new(Places::default());
        let bodies: Vec<_> = (0..=MAX_BODIES).map(|_| places.enter(peer(1))).collect();
        bodies.iter().for_each(|place| {
            assert!(place.know().is_ok());
            place.await_body();
        });
        assert!(!there(&places, &bodies[0]) && there(&places, &bodies[1]));
        let viewers: Vec<_> = (0..MAX_VIEWERS[1]).map(|_| places.enter(peer(2))).collect();
        let views =
            |place: &Arc<Place>| place.know().is_ok() && place.stream(Doing::Viewing).is_ok();
        assert!(viewers.iter().all(views));
        assert!(!views(&places.enter(peer(2))) && views(&places.enter(peer(3))));
        viewers[0].answered();
        assert!(
            !views(&places.enter(peer(2))),
            "the answer to its request does not end a stream"
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
