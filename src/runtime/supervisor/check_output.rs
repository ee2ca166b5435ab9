//! [`CheckOutput`]: the end of what a run of the health check writes.
//!
//! It goes on being read when there is more than is kept: who writes into a full or closed pipe
//! hangs or dies, and the check would fail for what it says. A flood is read at a pace that costs
//! next to nothing.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::unistd::read;

use crate::sys::fds;

/// Bytes kept, as docker keeps of each run.
const KEPT: usize = 4096;
/// Bytes read at a time: what a pipe holds.
const ROUND: usize = 64 << 10;
/// How long nothing is read after that: 6 MB a second at most.
const REST: Duration = Duration::from_millis(10);
/// Bytes read when it has ended: what a pipe can be made to hold (`fs.pipe-max-size`).
const LAST: usize = 1 << 20;

/// The end of what a run writes.
#[derive(Debug)]
pub(super) struct CheckOutput {
    /// Our end; none once nobody holds the other.
    pipe: Option<OwnedFd>,
    tail: Vec<u8>,
    truncated: bool,
    rests_until: Option<Instant>,
}

impl CheckOutput {
    /// Of a pipe that is read without waiting.
    pub(super) fn new(pipe: Option<OwnedFd>) -> Self {
        Self {
            pipe,
            tail: Vec::new(),
            truncated: false,
            rests_until: None,
        }
    }

    /// Readable when there is something; none while nothing is read.
    pub(super) fn fd(&self, now: Instant) -> Option<BorrowedFd<'_>> {
        self.pipe
            .as_ref()
            .filter(|_| self.rest(now).is_none())
            .map(AsFd::as_fd)
    }

    /// Until when nothing is read, if that is later than `now`.
    pub(super) fn rest(&self, now: Instant) -> Option<Instant> {
        self.rests_until
            .filter(|at| *at > now && self.pipe.is_some())
    }

    /// Reads what there is, up to a bound.
    pub(super) fn read(&mut self, now: Instant) {
        self.take(ROUND);
        self.rests_until = Some(now + REST);
    }

    /// The last of it as text, and whether there was more. What it started may hold the pipe and
    /// write on: that is not waited for.
    pub(super) fn finish(mut self) -> (String, bool) {
        let left = self
            .pipe
            .as_ref()
            .map_or(0, |pipe| fds::unread(pipe.as_fd()));
        self.take(left.min(LAST));
        let mut bytes = self.tail.as_slice();
        while self.truncated
            && let [0x80..=0xbf, rest @ ..] = bytes
        {
            bytes = rest;
        }
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_end();
        // each invalid byte has become three
        let start = text.ceil_char_boundary(text.len().saturating_sub(KEPT));
        (text[start..].to_owned(), self.truncated || start > 0)
    }

    fn take(&mut self, mut left: usize) {
        let mut buffer = [0; 16 << 10];
        while let Some(pipe) = &self.pipe
            && left > 0
        {
            let max = left.min(buffer.len());
            match read(pipe, &mut buffer[..max]) {
                Ok(length @ 1..) => {
                    left -= length;
                    self.keep(&buffer[..length]);
                }
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return,
                Ok(0) | Err(_) => self.pipe = None,
            }
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.tail.extend_from_slice(bytes);
        let over = self.tail.len().saturating_sub(KEPT);
        self.truncated |= over > 0;
        self.tail.drain(..over);
    }
}

#[cfg(test)]
mod tests {
    use nix::fcntl::OFlag;
    use nix::unistd::{pipe2, write};

    use super::*;

    fn pipe() -> (CheckOutput, OwnedFd) {
        let (reader, writer) = pipe2(OFlag::O_NONBLOCK).unwrap();
        (CheckOutput::new(Some(reader)), writer)
    }

    #[test]
    fn the_last_of_it_is_kept_as_text() {
        let (output, writer) = pipe();
        write(&writer, b"db is down\n\xff\n\n").unwrap();
        drop(writer);
        assert_eq!(output.finish(), ("db is down\n\u{fffd}".into(), false));
        // bytes that are no text grow threefold, and a character may be cut
        for written in [vec![0xff; 4096], "é".repeat(4096).into_bytes()] {
            let (output, writer) = pipe();
            assert_eq!(write(&writer, &written), Ok(written.len()));
            let (text, truncated) = output.finish();
            assert!(truncated && (4092..=KEPT).contains(&text.len()));
            assert!(written[0] == 0xff || text.chars().all(|c| c == 'é'));
        }
    }

    #[test]
    fn a_flood_is_read_at_a_pace_and_ends() {
        let (mut output, writer) = pipe();
        let now = Instant::now();
        let fill = || while write(&writer, &[b'x'; 4096]).is_ok() {};
        fill();
        output.read(now);
        assert!(output.fd(now).is_none(), "it rests");
        assert_eq!(output.rest(now), Some(now + REST));
        assert!(output.fd(now + REST).is_some());
        assert_eq!(write(&writer, b"y"), Ok(1), "there is room again");
        fill();
        // the other end is held still
        let (text, truncated) = output.finish();
        assert_eq!((text.len(), truncated), (KEPT, true));
    }

    #[test]
    fn a_pipe_that_nobody_holds_is_not_watched() {
        let (mut output, writer) = pipe();
        drop(writer);
        let now = Instant::now();
        output.read(now);
        assert!(output.fd(now + REST).is_none() && output.rest(now).is_none());
        assert_eq!(output.finish(), (String::new(), false));
    }
}
