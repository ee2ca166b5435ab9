//! [`Clients`]: the clients attached to a container, and what was not sent to them yet. One that
//! does not read blocks the container for a while, as a slow reader of any pipeline does, and is
//! then disconnected.

use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::record::ExitCause;
use crate::runtime::frame::Reply;
use crate::sys::{process, seqpacket};

/// How many bytes may be queued for one client before the container is blocked. The bytes are shared
/// by all clients.
const MAX_WAITING: usize = 1 << 20;
/// What a queued frame costs besides its bytes.
const FRAME: usize = 64;
/// How long a client with a full queue may take nothing of it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// How many are served at a time; a supervisor may have few descriptors.
const MAX_CLIENTS: usize = 128;

/// The client attached from the start: when it disconnects, standard input ends (docker's
/// StdinOnce).
pub(super) const FIRST: u64 = 0;

/// One attached client.
#[derive(Debug)]
pub(super) struct Client {
    /// Tells it from the others.
    pub key: u64,
    pub socket: OwnedFd,
    /// Queued frames, which its socket had no room for.
    waiting: VecDeque<Rc<[u8]>>,
    /// Their size in bytes.
    size: usize,
    /// Since when the queue is full and nothing was taken.
    stuck: Option<Instant>,
    /// It was disconnected, and has yet to read that.
    disconnected: bool,
}

impl Client {
    fn new(key: u64, socket: OwnedFd) -> Self {
        Self {
            key,
            socket,
            waiting: VecDeque::new(),
            size: 0,
            stuck: None,
            disconnected: false,
        }
    }

    /// Whether something waits for it.
    pub(crate) fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// What to poll(2) it for. A disconnected one is not read any more.
    pub(super) fn waits_for(&self) -> PollFlags {
        let wanted = |is: bool, flag: PollFlags| if is { flag } else { PollFlags::empty() };
        wanted(!self.disconnected, PollFlags::POLLIN) | wanted(self.waits(), PollFlags::POLLOUT)
    }

    fn is_full(&self) -> bool {
        !self.disconnected && self.size >= MAX_WAITING
    }

    /// Sends without waiting; what finds no room waits here, once for all clients (`shared`).
    /// `false` when the client is gone.
    fn send(&mut self, frame: &[u8], shared: &mut Option<Rc<[u8]>>) -> bool {
        if !self.send_waiting() {
            return false;
        }
        if !self.waits() {
            match seqpacket::send(self.socket.as_fd(), frame, false) {
                Ok(()) => return true,
                Err(Errno::EAGAIN) => {}
                Err(_) => return false,
            }
        }
        self.waiting
            .push_back(Rc::clone(shared.get_or_insert_with(|| Rc::from(frame))));
        self.size += frame.len() + FRAME;
        if self.is_full() && self.stuck.is_none() {
            self.stuck = Some(Instant::now());
        }
        true
    }

    /// Sends what waits, as far as there is room. `false` when the client is gone.
    pub(super) fn send_waiting(&mut self) -> bool {
        while let Some(frame) = self.waiting.front() {
            match seqpacket::send(self.socket.as_fd(), frame, false) {
                Ok(()) => {
                    self.size -= frame.len() + FRAME;
                    self.waiting.pop_front();
                    self.stuck = self.is_full().then(Instant::now);
                }
                Err(Errno::EAGAIN) => return true,
                Err(_) => return false,
            }
        }
        true
    }

    /// Disconnects it: its queue is dropped, but for the frame that says so.
    fn disconnect(&mut self) {
        let word: Rc<[u8]> = Reply::Detached.encode().into();
        (self.disconnected, self.stuck, self.size) = (true, None, word.len() + FRAME);
        self.waiting = VecDeque::from([word]);
    }
}

/// All of them.
#[derive(Debug)]
pub(super) struct Clients {
    all: Vec<Client>,
    next_key: u64,
    /// The client attached from the start is gone.
    pub first_gone: bool,
}

impl Clients {
    /// With the client that is attached from the start.
    pub(crate) fn new(first: Option<OwnedFd>) -> Self {
        Self {
            all: first
                .map(|socket| Client::new(FIRST, socket))
                .into_iter()
                .collect(),
            next_key: FIRST + 1,
            first_gone: false,
        }
    }

    pub(crate) fn all(&self) -> &[Client] {
        &self.all
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Adds a client. Where there are too many it replaces the last one: a request to stop is
    /// received however many are attached.
    pub(crate) fn push(&mut self, socket: OwnedFd) {
        if self.all.len() >= MAX_CLIENTS {
            self.forget(self.all.len() - 1);
        }
        self.all.push(Client::new(self.next_key, socket));
        self.next_key += 1;
    }

    /// Receives a request of the client at `index` into `buffer`; `None` when there is none. One
    /// that is gone, or has nothing more to say, is forgotten.
    pub(crate) fn receive(&mut self, index: usize, buffer: &mut [u8]) -> Option<(u64, usize)> {
        let client = self.all.get_mut(index)?;
        if !client.send_waiting() || (client.disconnected && !client.waits()) {
            self.forget(index);
            return None;
        }
        // a disconnected one is not read any more
        if client.disconnected {
            return None;
        }
        match seqpacket::receive(client.socket.as_fd(), buffer, false) {
            Ok(length @ 1..) => Some((client.key, length)),
            Err(Errno::EAGAIN) => None,
            Ok(0) | Err(_) => {
                self.forget(index);
                None
            }
        }
    }

    /// Forgets the client at `index`.
    pub(super) fn forget(&mut self, index: usize) {
        self.first_gone |= self.all.remove(index).key == FIRST;
    }

    /// Sends `frame` to all clients, or to one of them.
    pub(crate) fn send(&mut self, frame: &[u8], to: Option<u64>) {
        let (mut shared, mut first_gone) = (None, self.first_gone);
        self.all.retain_mut(|client| {
            let stays = client.disconnected
                || to.is_some_and(|key| key != client.key)
                || client.send(frame, &mut shared);
            first_gone |= !stays && client.key == FIRST;
            stays
        });
        self.first_gone = first_gone;
    }

    /// Whether the container is blocked by one of them.
    pub(super) fn is_blocked(&self) -> bool {
        self.all.iter().any(Client::is_full)
    }

    /// When the next of them is to be disconnected.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.all
            .iter()
            .filter_map(|client| client.stuck)
            .min()
            .map(|since| since + PATIENCE)
    }

    /// Disconnects those that have taken nothing for too long.
    pub(super) fn disconnect_stalled(&mut self, now: Instant) {
        let mut disconnected = false;
        for client in self
            .all
            .iter_mut()
            .filter(|client| client.stuck.is_some_and(|since| now >= since + PATIENCE))
        {
            client.disconnect();
            self.first_gone |= client.key == FIRST;
            disconnected = true;
        }
        if disconnected {
            process::release_memory();
        }
    }

    /// Sends how it ended, after the output that is queued. Only those stay that have not taken it
    /// all, and those that have yet to read that they were disconnected: they must not take their
    /// output for complete.
    pub(super) fn send_end(&mut self, cause: ExitCause) {
        self.send(&Reply::Ended(cause).encode(), None);
        self.all.retain(Client::waits);
    }

    /// Returns when each client has taken its queue, or is gone; none waits for another.
    pub(super) fn wait_until_taken(mut self) {
        loop {
            self.all
                .retain_mut(|client| client.send_waiting() && client.waits());
            if self.all.is_empty() {
                return;
            }
            let mut fds: Vec<PollFd<'_>> = self
                .all
                .iter()
                .map(|c| PollFd::new(c.socket.as_fd(), PollFlags::POLLOUT))
                .collect();
            if poll(&mut fds, PollTimeout::NONE).is_err_and(|errno| errno != Errno::EINTR) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (Clients, OwnedFd) {
        let (ours, theirs) = seqpacket::pair().unwrap();
        (Clients::new(Some(ours)), theirs)
    }

    #[test]
    fn who_never_reads_holds_back_and_is_let_go() {
        let (mut clients, theirs) = pair();
        let frame = vec![16; 32 << 10];
        let mut sent = 0;
        while !clients.is_blocked() {
            clients.send(&frame, None);
            sent += 1;
            assert!(sent < 200, "it is never full");
        }
        let now = Instant::now();
        assert!(clients.next_timeout().unwrap() > now);
        clients.disconnect_stalled(now);
        assert!(clients.is_blocked(), "too early");
        clients.disconnect_stalled(now + PATIENCE);
        assert!(!clients.is_blocked() && clients.first_gone && clients.next_timeout().is_none());
        clients.send(&frame, None);
        assert_eq!(
            clients.all()[0].waiting.len(),
            1,
            "nothing more is kept for it"
        );
        clients.send_end(ExitCause::Exited { code: 0 });
        assert_eq!(
            clients.all()[0].waiting.len(),
            1,
            "it hears that it was let go, and not that all is well"
        );
        // what the socket holds, then the frame that says so
        let mut buffer = vec![0; 64 << 10];
        while let Ok(length @ 1..) = seqpacket::receive(theirs.as_fd(), &mut buffer, false) {
            if Reply::decode(&buffer[..length]) == Some(Reply::Detached) {
                return;
            }
            clients.receive(0, &mut [0; 16]);
        }
        panic!("it was not told");
    }

    #[test]
    fn who_takes_a_little_now_and_then_stays() {
        let (mut clients, theirs) = pair();
        let frame = vec![16; 32 << 10];
        while !clients.is_blocked() {
            clients.send(&frame, None);
        }
        let before = clients.next_timeout().unwrap();
        std::thread::sleep(Duration::from_millis(5));
        let mut buffer = vec![0; 64 << 10];
        for _ in 0..4 {
            seqpacket::receive(theirs.as_fd(), &mut buffer, false).unwrap();
        }
        clients.receive(0, &mut [0; 16]);
        assert!(clients.next_timeout().is_none_or(|ends| ends > before));
    }
}
