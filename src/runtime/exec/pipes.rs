//! The streams of a command that joins a container without a terminal of its own: always pipes,
//! never the caller's. What a process has open it can open anew through `/proc/PID/fd`, with other
//! rights: a log that it only writes to could be read and truncated, a folder climbed out of, a
//! terminal's next line be read. [`NearEnds`] carries on what goes through them, in the caller's
//! one loop.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signalfd::SignalFd;
use nix::sys::stat::{SFlag, fstat};
use nix::unistd::{read, write};

use crate::runtime::LaunchError;
use crate::runtime::pipe::{give, pipe};
use crate::runtime::terminal::set_nonblocking;
use crate::security::selinux::Labels;
use crate::spec::{ContainerSpec, User};
use crate::sys::fds;

/// Bytes at a time; as many as a pipe holds.
const CHUNK: usize = 64 << 10;
/// What a pipe takes without waiting once it is writable (PIPE_BUF, pipe(7)).
const AT_ONCE: usize = 4096;

/// The command's ends, by number. `None` is its null device.
pub(super) type FarEnds = [Option<OwnedFd>; 3];

/// The caller's ends.
pub(super) struct NearEnds {
    input: Option<Carrier>,
    outputs: Vec<Carrier>,
    /// Why some output was not written, where it is no reader that went away.
    lost: Option<Errno>,
}

/// What moves bytes one way: between a descriptor of the caller's, which may block, and our end of
/// a pipe, which never does.
struct Carrier {
    from: End,
    to: End,
    /// Read and not yet written: the part of the buffer from here on.
    buffer: Vec<u8>,
    written: usize,
    /// The most that is written at once.
    max: usize,
    /// What the last write failed for.
    failed: Option<Errno>,
}

enum End {
    Ours(OwnedFd),
    Callers(i32),
}

impl AsFd for End {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Ours(fd) => fd.as_fd(),
            Self::Callers(number) => fds::borrow(*number),
        }
    }
}

/// The pipes of a command of `user`, for processes with `labels`; its input only when
/// `interactive`. Both outputs are one pipe where the caller's are one file, as after `2>&1`: each
/// line stays where it was written.
///
/// # Errors
/// EMFILE; what SELinux refuses.
pub(crate) fn make(
    spec: &ContainerSpec,
    user: User,
    labels: Option<&Labels>,
    interactive: bool,
) -> Result<(FarEnds, NearEnds), LaunchError> {
    let near = |fd: OwnedFd| {
        set_nonblocking(fd.as_fd())
            .map(|()| End::Ours(fd))
            .map_err(LaunchError::nix("set up a pipe"))
    };
    let (mut theirs, mut ours) = (
        FarEnds::default(),
        NearEnds {
            input: None,
            outputs: Vec::new(),
            lost: None,
        },
    );
    if interactive {
        let (reader, writer) = pipe(labels)?;
        theirs[0] = Some(reader);
        ours.input = Some(Carrier::new(End::Callers(0), near(writer)?));
    }
    let one = fds::is_same_file(1, 2);
    for number in if one { 1..2 } else { 1..3 } {
        let (reader, writer) = pipe(labels)?;
        theirs[number] = Some(writer);
        ours.outputs
            .push(Carrier::new(near(reader)?, End::Callers(number as i32)));
    }
    if one {
        let copy = theirs[1].as_ref().map(OwnedFd::try_clone).transpose();
        theirs[2] = copy.map_err(LaunchError::io("set up a pipe"))?;
    }
    give(theirs.iter().flatten(), spec, user)?;
    Ok((theirs, ours))
}

impl NearEnds {
    /// What there is to wait for now, in the order that [`NearEnds::serve`] expects.
    pub(crate) fn wanted(&self) -> Vec<PollFd<'_>> {
        // a pipe without a reader reports that by itself (POLLERR), also while there is nothing to
        // write to it
        let input = self.input.iter().flat_map(|input| {
            [
                input.wanted(),
                PollFd::new(input.to.as_fd(), PollFlags::empty()),
            ]
        });
        input
            .chain(self.outputs.iter().map(Carrier::wanted))
            .collect()
    }

    /// Does what can be done without waiting; `ready` tells, for each that was wanted, whether
    /// something came of it.
    pub(crate) fn serve(&mut self, ready: &[bool]) {
        let (of_input, of_outputs) = ready.split_at(if self.input.is_some() { 2 } else { 0 });
        if let (Some(input), [moves, closed]) = (&mut self.input, of_input)
            && ((*closed && input.buffer.is_empty()) || (*moves && !input.advance(CHUNK)))
        {
            self.input = None;
        }
        let mut ready = of_outputs.iter();
        // when our own reader is gone the pipe is closed, as its would have been
        let lost = &mut self.lost;
        self.outputs.retain_mut(|output| {
            let stays = !ready.next().is_some_and(|ready| *ready) || output.advance(CHUNK);
            *lost = lost.or(output.lost());
            stays
        });
    }

    /// Once the command has ended: carries what it wrote before; a child of it may hold its streams
    /// and write for ever. One of `signals` ends it, for nobody may be reading. Why some output was
    /// lost.
    pub(crate) fn finish(self, signals: &SignalFd) -> Option<Errno> {
        let mut lost = self.lost;
        for mut output in self.outputs {
            let mut left = fds::unread(output.from.as_fd());
            while left > 0 || !output.buffer.is_empty() {
                if output.buffer.is_empty() {
                    let before = left;
                    let _ = output.read(left.min(CHUNK));
                    left -= output.buffer.len().min(before);
                    if output.buffer.is_empty() {
                        break;
                    }
                }
                let mut polled = [
                    PollFd::new(output.to.as_fd(), PollFlags::POLLOUT),
                    PollFd::new(signals.as_fd(), PollFlags::POLLIN),
                ];
                let _ = poll(&mut polled, PollTimeout::NONE);
                let signalled = polled[1].revents().is_some_and(|events| !events.is_empty());
                if signalled || output.write().is_none() {
                    lost = lost.or(output.lost());
                    break;
                }
            }
        }
        lost
    }
}

impl Carrier {
    fn new(from: End, to: End) -> Self {
        let is_pipe = |status: nix::sys::stat::FileStat| {
            SFlag::from_bits_truncate(status.st_mode) & SFlag::S_IFMT == SFlag::S_IFIFO
        };
        let waits = matches!(to, End::Callers(_)) && fstat(to.as_fd()).is_ok_and(is_pipe);
        Self {
            from,
            to,
            buffer: Vec::new(),
            written: 0,
            max: if waits { AT_ONCE } else { CHUNK },
            failed: None,
        }
    }

    /// Why what was read cannot be written: a disk that is full, not a reader that has enough.
    fn lost(&self) -> Option<Errno> {
        self.failed.filter(|errno| *errno != Errno::EPIPE)
    }

    fn wanted(&self) -> PollFd<'_> {
        if self.buffer.is_empty() {
            PollFd::new(self.from.as_fd(), PollFlags::POLLIN)
        } else {
            PollFd::new(self.to.as_fd(), PollFlags::POLLOUT)
        }
    }

    /// One read or one write; `false` when it is over.
    fn advance(&mut self, max: usize) -> bool {
        if self.buffer.is_empty() {
            self.read(max).is_some()
        } else {
            self.write().is_some()
        }
    }

    fn read(&mut self, max: usize) -> Option<()> {
        self.buffer.resize(max, 0);
        let got = read(&self.from, &mut self.buffer);
        self.buffer.truncate(*got.as_ref().unwrap_or(&0));
        match got {
            Ok(1..) | Err(Errno::EAGAIN | Errno::EINTR) => Some(()),
            Ok(0) | Err(_) => None,
        }
    }

    fn write(&mut self) -> Option<()> {
        let end = self.buffer.len().min(self.written + self.max);
        match write(&self.to, &self.buffer[self.written..end]) {
            Ok(length) => self.written += length,
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            Err(errno) => {
                self.failed = Some(errno);
                return None;
            }
        }
        if self.written == self.buffer.len() {
            self.buffer.clear();
            self.written = 0;
        }
        Some(())
    }
}
