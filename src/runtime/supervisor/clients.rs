//! [`Clients`]: who is attached to a container, and what was not sent to them yet. One that does
//! not read holds the container back for a while, as a slow reader of any pipeline does, and is
//! then let go.

use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::record::ExitCause;
use crate::runtime::frame::Reply;
use crate::sys::{process, seqpacket};

/// What may wait for one client before the container is held back, in bytes. It waits once for all
/// of them.
const MOST_WAITING: usize = 1 << 20;
/// What a frame that waits costs beside its bytes.
const FRAME: usize = 64;
/// How long a client for which so much waits may take nothing of it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// As many as are served at a time; a supervisor may have few descriptors.
const MOST_CLIENTS: usize = 128;

/// The client that was there from the start: when it goes, standard input ends (docker's
/// StdinOnce).
pub(super) const FIRST: u64 = 0;

/// One attached client.
#[derive(Debug)]
pub(super) struct Client {
    /// Tells it from the others.
    pub key: u64,
    pub socket: OwnedFd,
    /// Frames that its socket had no room for.
    waiting: VecDeque<Rc<[u8]>>,
    /// What they come to.
    size: usize,
    /// Since when it is full and nothing was taken.
    stuck: Option<Instant>,
    /// It was let go, and has yet to read that.
    parted: bool,
}

impl Client {
    fn new(key: u64, socket: OwnedFd) -> Self {
        Self {
            key,
            socket,
            waiting: VecDeque::new(),
            size: 0,
            stuck: None,
            parted: false,
        }
    }

    /// Whether something waits for it.
    pub(crate) fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// What poll(2) is to tell of it. Who was let go is not heard any more.
    pub(super) fn waits_for(&self) -> PollFlags {
        let wanted = |is: bool, flag: PollFlags| if is { flag } else { PollFlags::empty() };
        wanted(!self.parted, PollFlags::POLLIN) | wanted(self.waits(), PollFlags::POLLOUT)
    }

    fn is_full(&self) -> bool {
        !self.parted && self.size >= MOST_WAITING
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

    /// Lets it go: what waits is given up, but for the word that it is so.
    fn part(&mut self) {
        let word: Rc<[u8]> = Reply::Detached.encode().into();
        (self.parted, self.stuck, self.size) = (true, None, word.len() + FRAME);
        self.waiting = VecDeque::from([word]);
    }
}

/// All of them.
#[derive(Debug)]
pub(super) struct Clients {
    all: Vec<Client>,
    next_key: u64,
    /// The first of all is not there any more.
    pub first_gone: bool,
}

impl Clients {
    /// With the one that is there from the start.
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

    /// One more. Where there are too many it takes the place of who came last: a wish to stop is
    /// heard however many are attached.
    pub(crate) fn push(&mut self, socket: OwnedFd) {
        if self.all.len() >= MOST_CLIENTS {
            self.forget(self.all.len() - 1);
        }
        self.all.push(Client::new(self.next_key, socket));
        self.next_key += 1;
    }

    /// Receives a request of the client at `index` into `buffer`; `None` when there is none. One
    /// that is gone, or has nothing more to say, is forgotten.
    pub(crate) fn receive(&mut self, index: usize, buffer: &mut [u8]) -> Option<(u64, usize)> {
        let client = self.all.get_mut(index)?;
        if !client.send_waiting() || (client.parted && !client.waits()) {
            self.forget(index);
            return None;
        }
        // who was let go is not heard any more
        if client.parted {
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

    /// The client at `index` goes.
    pub(super) fn forget(&mut self, index: usize) {
        self.first_gone |= self.all.remove(index).key == FIRST;
    }

    /// Sends `frame` to everybody, or to one of them.
    pub(crate) fn send(&mut self, frame: &[u8], to: Option<u64>) {
        let (mut shared, mut first_gone) = (None, self.first_gone);
        self.all.retain_mut(|client| {
            let stays = client.parted
                || to.is_some_and(|key| key != client.key)
                || client.send(frame, &mut shared);
            first_gone |= !stays && client.key == FIRST;
            stays
        });
        self.first_gone = first_gone;
    }

    /// Whether the container is to wait for one of them.
    pub(super) fn hold_back(&self) -> bool {
        self.all.iter().any(Client::is_full)
    }

    /// When the patience with one of them ends.
    pub(super) fn patience_ends(&self) -> Option<Instant> {
        self.all
            .iter()
            .filter_map(|client| client.stuck)
            .min()
            .map(|since| since + PATIENCE)
    }

    /// Lets those go that have taken nothing for too long.
    pub(super) fn let_go(&mut self, now: Instant) {
        let mut parted = false;
        for client in self
            .all
            .iter_mut()
            .filter(|client| client.stuck.is_some_and(|since| now >= since + PATIENCE))
        {
            client.part();
            self.first_gone |= client.key == FIRST;
            parted = true;
        }
        if parted {
            process::release_memory();
        }
    }

    /// Tells everybody how it ended, after the output that waits for them; only those that have not
    /// taken it all stay, and those that have yet to hear that they were let go: they must not take
    /// what they have for all there was.
    pub(super) fn say_ended(&mut self, cause: ExitCause) {
        self.send(&Reply::Ended(cause).encode(), None);
        self.all.retain(Client::waits);
    }

    /// Returns when everybody has taken what waited for them, or is gone; none waits for another.
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
        while !clients.hold_back() {
            clients.send(&frame, None);
            sent += 1;
            assert!(sent < 200, "it is never full");
        }
        let now = Instant::now();
        assert!(clients.patience_ends().unwrap() > now);
        clients.let_go(now);
        assert!(clients.hold_back(), "too early");
        clients.let_go(now + PATIENCE);
        assert!(!clients.hold_back() && clients.first_gone && clients.patience_ends().is_none());
        clients.send(&frame, None);
        assert_eq!(
            clients.all()[0].waiting.len(),
            1,
            "nothing more is kept for it"
        );
        clients.say_ended(ExitCause::Exited { code: 0 });
        assert_eq!(
            clients.all()[0].waiting.len(),
            1,
            "it hears that it was let go, and not that all is well"
        );
        // what the socket holds, and then the word
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
        while !clients.hold_back() {
            clients.send(&frame, None);
        }
        let before = clients.patience_ends().unwrap();
        std::thread::sleep(Duration::from_millis(5));
        let mut buffer = vec![0; 64 << 10];
        for _ in 0..4 {
            seqpacket::receive(theirs.as_fd(), &mut buffer, false).unwrap();
        }
        clients.receive(0, &mut [0; 16]);
        assert!(clients.patience_ends().is_none_or(|ends| ends > before));
    }
}
