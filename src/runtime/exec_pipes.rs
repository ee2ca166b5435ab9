//! Streams of a command that may not have its caller's own: under SELinux what its label does not allow it, a file or a terminal of the
//! caller's, is replaced by a null device at execve (security/selinux/hooks.c: flush_unauthorized_files), and what it writes is lost.
//! Pipes of ours it may use, and we carry on what goes through them.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::thread::JoinHandle;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{pipe2, read, write};

use super::LaunchError;
use super::pipe::pipe;
use super::terminal::set_nonblocking;
use crate::security::selinux::Labels;
use crate::sys::fds;

/// Bytes at a time; as many as a pipe holds.
const CHUNK: usize = 64 << 10;

/// Both ends of each pipe.
pub(super) struct ExecPipes {
    /// The command's streams, by number; its standard input only where it has its caller's.
    pub theirs: [Option<OwnedFd>; 3],
    /// Our ends of them.
    pub ours: NearEnds,
}

/// The caller's ends.
pub(super) struct NearEnds {
    stdin: Option<OwnedFd>,
    outputs: [OwnedFd; 2],
}

/// Threads that carry output, until the command has ended and all that it wrote is carried.
pub(super) struct Carrying {
    outputs: Vec<JoinHandle<()>>,
    /// Closed when the command has ended: a child of it may hold its streams open for ever.
    running: OwnedFd,
}

impl ExecPipes {
    pub fn new(labels: &Labels, interactive: bool) -> Result<Self, LaunchError> {
        let (their_stdin, stdin) =
            if interactive { pipe(Some(labels)).map(|(read, write)| (Some(read), Some(write)))? } else { (None, None) };
        let (out, their_out) = pipe(Some(labels))?;
        let (err, their_err) = pipe(Some(labels))?;
        Ok(Self { theirs: [their_stdin, Some(their_out), Some(their_err)], ours: NearEnds { stdin, outputs: [out, err] } })
    }
}

impl NearEnds {
    /// Begins to carry, in threads: for a process that forks no more.
    ///
    /// # Errors
    /// When a thread cannot be made.
    pub fn carry(self) -> Result<Carrying, LaunchError> {
        let failed = LaunchError::io("carry the command's streams");
        let carrying = || -> io::Result<Carrying> {
            let (ended, running) = pipe2(OFlag::O_CLOEXEC)?;
            let spawn = |work: Box<dyn FnOnce() + Send>| std::thread::Builder::new().name("streams".into()).spawn(work);
            if let Some(stdin) = self.stdin {
                // not waited for: nobody may be typing
                spawn(Box::new(move || carry_input(&stdin)))?;
            }
            let mut outputs = Vec::new();
            for (number, pipe) in (1..).zip(self.outputs) {
                let ended = ended.try_clone()?;
                outputs.push(spawn(Box::new(move || carry_output(pipe, number, &ended)))?);
            }
            Ok(Carrying { outputs, running })
        };
        carrying().map_err(failed)
    }
}

impl Carrying {
    /// Once the command has ended: waits for what it wrote to be carried.
    pub fn finish(self) {
        drop(self.running);
        for output in self.outputs {
            // a carrier that panicked has said so itself
            let _ = output.join();
        }
    }
}

/// From our standard input until it ends, or the command takes no more.
fn carry_input(to: &OwnedFd) {
    let mut buffer = vec![0; CHUNK];
    let stdin = fds::borrow(0);
    loop {
        match read(stdin, &mut buffer) {
            Ok(length @ 1..) => {
                if pass(&buffer[..length], to.as_fd()).is_none() {
                    return;
                }
            }
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => wait_for(stdin, PollFlags::POLLIN),
            Ok(0) | Err(_) => return,
        }
    }
}

/// To our stream `number` until the command closes it or ends. When our own reader is gone the pipe is closed, as its would have been.
fn carry_output(from: OwnedFd, number: i32, ended: &OwnedFd) {
    let mut buffer = vec![0; CHUNK];
    if set_nonblocking(from.as_fd()).is_err() {
        return;
    }
    // once it has ended: how much there may be that it wrote before, which is what the pipe holds; a child of it may write for ever
    let mut left: Option<usize> = None;
    loop {
        if left.is_none() {
            let mut polled = [PollFd::new(from.as_fd(), PollFlags::POLLIN), PollFd::new(ended.as_fd(), PollFlags::POLLIN)];
            let _ = poll(&mut polled, PollTimeout::NONE);
            if polled[1].revents().is_some_and(|events| !events.is_empty()) {
                left = Some(fcntl(from.as_fd(), FcntlArg::F_GETPIPE_SZ).ok().and_then(|size| size.try_into().ok()).unwrap_or(CHUNK));
            }
        }
        let most = left.unwrap_or(CHUNK).min(CHUNK);
        match read(&from, &mut buffer[..most]) {
            Ok(length @ 1..) => {
                if pass(&buffer[..length], fds::borrow(number)).is_none() {
                    return;
                }
                left = left.map(|left| left - length);
            }
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) if left.is_none() => {}
            Ok(0) | Err(_) => return,
        }
    }
}

/// All of `bytes`; `None` when nobody takes them any more. Somebody else's end may not block, and is waited for all the same.
fn pass(mut bytes: &[u8], to: BorrowedFd<'_>) -> Option<()> {
    while !bytes.is_empty() {
        match write(to, bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => wait_for(to, PollFlags::POLLOUT),
            Err(_) => return None,
        }
    }
    Some(())
}

fn wait_for(fd: BorrowedFd<'_>, events: PollFlags) {
    // what is wrong with it, the next read or write says
    let _ = poll(&mut [PollFd::new(fd, events)], PollTimeout::NONE);
}
