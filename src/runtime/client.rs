//! [`Client`]: somebody attached to a container, and what was not sent to them yet.

use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::sys::seqpacket;

/// One attached client.
#[derive(Debug)]
pub(super) struct Client {
    /// Tells it from the others.
    pub key: u64,
    pub socket: OwnedFd,
    /// Frames that its socket had no room for: an output and an answer at most while the container runs, and after its end what was
    /// left in its pipes.
    pub waiting: VecDeque<Vec<u8>>,
}

impl Client {
    /// Sends without waiting; what finds no room waits here. `false` when the client is gone.
    pub fn send(&mut self, frame: Vec<u8>) -> bool {
        self.waiting.push_back(frame);
        self.send_waiting()
    }

    /// Sends what waits, as far as there is room. `false` when the client is gone.
    pub fn send_waiting(&mut self) -> bool {
        while let Some(frame) = self.waiting.front() {
            match seqpacket::send(self.socket.as_fd(), frame, false) {
                Ok(()) => drop(self.waiting.pop_front()),
                Err(Errno::EAGAIN) => return true,
                Err(_) => return false,
            }
        }
        true
    }
}

/// Returns when every client has taken what waited for it, or is gone; none waits for another.
pub(super) fn wait_until_taken(mut clients: Vec<Client>) {
    loop {
        clients.retain_mut(|client| client.send_waiting() && !client.waiting.is_empty());
        if clients.is_empty() {
            return;
        }
        let mut fds: Vec<PollFd<'_>> = clients.iter().map(|c| PollFd::new(c.socket.as_fd(), PollFlags::POLLOUT)).collect();
        if poll(&mut fds, PollTimeout::NONE).is_err_and(|errno| errno != Errno::EINTR) {
            return;
        }
    }
}
