//! The client's side of a container's console: our streams, signals and window size passed through
//! until it ends.

use std::cell::Cell;
use std::io::{IsTerminal, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::sys::signalfd::SignalFd;

use super::frame::{MAX_DATA, MAX_FRAME, Reply, Request};
use super::socket;
use super::terminal::{RawMode, passed_on_signals};
use crate::record::ExitCause;
use crate::spec::DetachKeys;
use crate::sys::{fds, seqpacket, tty};

/// How being attached ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AttachEnd {
    /// The container ended, and is not restarted.
    Ended(ExitCause),
    /// The user typed the detach keys; the container goes on.
    Detached,
    /// We did not read its output for too long and were disconnected; the container goes on.
    TooSlow,
    /// Its output could not be written to ours.
    Unwritten(Errno),
    /// Its supervisor ended without a message.
    Gone,
}

/// Signals blocked and ready to be passed on; make it before the launch, so that none is lost in
/// between.
#[derive(Debug)]
pub(crate) struct Console {
    signals: SignalFd,
    socket: OwnedFd,
    /// Why some output was not written, where it is no reader that went away.
    lost: Cell<Option<Errno>>,
}

/// Connects to a running container's supervisor through its run folder.
///
/// # Errors
/// ENOENT or ECONNREFUSED when no supervisor listens.
pub(crate) fn connect(run_folder: &Path) -> nix::Result<OwnedFd> {
    socket::connect_in(run_folder)
}

/// Asks a supervisor to stop its container, and waits for the message that it ended; `None` when
/// the supervisor ended without one.
///
/// # Errors
/// When the supervisor cannot be asked; ETIMEDOUT when it says nothing for `max`.
pub(crate) fn request_stop(
    socket: &OwnedFd,
    signal: i32,
    grace: Duration,
    max: Duration,
) -> nix::Result<Option<ExitCause>> {
    let grace_ms = u32::try_from(grace.as_millis()).unwrap_or(u32::MAX);
    seqpacket::send(
        socket.as_fd(),
        &Request::Stop { signal, grace_ms }.encode(),
        false,
    )?;
    let until = Instant::now() + max;
    let mut buffer = vec![0; MAX_FRAME];
    loop {
        let left = until
            .saturating_duration_since(Instant::now())
            .as_millis()
            .min(60_000) as i32;
        let timeout = PollTimeout::try_from(left + 1).unwrap_or(PollTimeout::ZERO);
        match poll(
            &mut [PollFd::new(socket.as_fd(), PollFlags::POLLIN)],
            timeout,
        ) {
            Ok(0) if Instant::now() >= until => return Err(Errno::ETIMEDOUT),
            Ok(0) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
            Ok(_) => {
                if let Some(end) = hear_end(socket, &mut buffer)? {
                    return Ok(end);
                }
            }
        }
    }
}

/// One frame: the end it tells of, or that the supervisor went away; `None` for any other.
fn hear_end(socket: &OwnedFd, buffer: &mut [u8]) -> nix::Result<Option<Option<ExitCause>>> {
    let length = seqpacket::receive(socket.as_fd(), buffer, true)?;
    Ok(match Reply::decode(&buffer[..length]) {
        _ if length == 0 => Some(None),
        Some(Reply::Ended(cause)) => Some(Some(cause)),
        _ => None,
    })
}

/// Waits for a supervisor's message that its container ended, and is not restarted; `None` when it went away
/// without one.
///
/// # Errors
/// What recv(2) says.
pub(crate) fn await_end(socket: &OwnedFd) -> nix::Result<Option<ExitCause>> {
    let mut buffer = vec![0; MAX_FRAME];
    loop {
        if let Some(end) = hear_end(socket, &mut buffer)? {
            return Ok(end);
        }
    }
}

impl Console {
    /// Blocks the signals that will be passed on and makes the console's socket; the far end is for
    /// [`super::launcher::launch`].
    ///
    /// # Errors
    /// EMFILE and its like.
    pub(crate) fn new() -> nix::Result<(Self, OwnedFd)> {
        let (socket, far) = seqpacket::pair()?;
        Ok((
            Self {
                signals: passed_on_signals()?,
                socket,
                lost: Cell::new(None),
            },
            far,
        ))
    }

    /// A console for a container that runs already, over a socket made by [`connect`].
    ///
    /// # Errors
    /// EMFILE and its like.
    pub(crate) fn attach(socket: OwnedFd) -> nix::Result<Self> {
        Ok(Self {
            signals: passed_on_signals()?,
            socket,
            lost: Cell::new(None),
        })
    }

    /// Passes everything through until the container ends. With `terminal` ours is in raw mode
    /// meanwhile, its size is the container's, and the detach keys leave the container running.
    ///
    /// # Errors
    /// When our terminal cannot be switched or the supervisor sends nothing readable.
    pub(crate) fn pass_through(
        &self,
        terminal: bool,
        detach_keys: &DetachKeys,
    ) -> nix::Result<AttachEnd> {
        let end = self.pass(terminal, detach_keys)?;
        Ok(self.lost.get().map_or(end, AttachEnd::Unwritten))
    }

    fn pass(&self, terminal: bool, detach_keys: &DetachKeys) -> nix::Result<AttachEnd> {
        let _raw = if terminal {
            Some(RawMode::enter()?)
        } else {
            None
        };
        if terminal {
            self.send_size();
        }
        let mut buffer = vec![0; MAX_FRAME];
        // one input at a time is on its way, so that signals are never stuck behind it
        let (mut open, mut taken, mut typed_so_far) = (true, true, 0);
        let keys = if terminal { detach_keys.bytes() } else { &[] };
        loop {
            let stdin = fds::borrow(0);
            let mut polled = vec![
                PollFd::new(self.socket.as_fd(), PollFlags::POLLIN),
                PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
            ];
            if open && taken {
                polled.push(PollFd::new(stdin, PollFlags::POLLIN));
            }
            match poll(&mut polled, PollTimeout::NONE) {
                Err(Errno::EINTR) => continue,
                other => other?,
            };
            let hit = |index: usize| {
                polled
                    .get(index)
                    .and_then(PollFd::revents)
                    .is_some_and(|r| !r.is_empty())
            };
            let (replied, signalled, typed) = (hit(0), hit(1), hit(2));
            if signalled {
                self.pass_signal(terminal);
            }
            if replied {
                match seqpacket::receive(self.socket.as_fd(), &mut buffer, true) {
                    Ok(0) => return Ok(AttachEnd::Gone),
                    Err(errno) => return Err(errno),
                    Ok(length) => match Reply::decode(&buffer[..length]) {
                        Some(Reply::Stdout(bytes)) => self.show(&mut std::io::stdout(), bytes),
                        Some(Reply::Stderr(bytes)) => self.show(&mut std::io::stderr(), bytes),
                        Some(Reply::Ended(cause)) => return Ok(AttachEnd::Ended(cause)),
                        Some(Reply::Taken) => taken = true,
                        Some(Reply::Detached) => return Ok(AttachEnd::TooSlow),
                        None => {}
                    },
                }
            } else if typed {
                match self.pass_input(&mut buffer[..MAX_DATA], &mut typed_so_far, keys) {
                    Input::Sent => taken = false,
                    Input::Ended => open = false,
                    Input::Nothing => {}
                    Input::Detach => return Ok(AttachEnd::Detached),
                }
            }
        }
    }

    /// Reads our standard input once. `typed` counts how many of the detach `keys` were typed in a
    /// row.
    fn pass_input(&self, buffer: &mut [u8], typed: &mut usize, keys: &[u8]) -> Input {
        let bytes = match nix::unistd::read(fds::borrow(0), buffer) {
            Ok(length @ 1..) => &buffer[..length],
            Err(Errno::EINTR | Errno::EAGAIN) => return Input::Nothing,
            Ok(0) | Err(_) => {
                let _ = seqpacket::send(self.socket.as_fd(), &Request::StdinEnd.encode(), true);
                return Input::Ended;
            }
        };
        if !keys.is_empty() {
            for byte in bytes {
                *typed = if *byte == keys[*typed] {
                    *typed + 1
                } else {
                    usize::from(*byte == keys[0])
                };
                if *typed == keys.len() {
                    return Input::Detach;
                }
            }
        }
        let _ = seqpacket::send(self.socket.as_fd(), &Request::Stdin(bytes).encode(), true);
        Input::Sent
    }

    fn pass_signal(&self, terminal: bool) {
        let Ok(Some(info)) = self.signals.read_signal() else {
            return;
        };
        if info.ssi_signo as i32 == Signal::SIGWINCH as i32 {
            if terminal {
                self.send_size();
            }
            return;
        }
        let _ = seqpacket::send(
            self.socket.as_fd(),
            &Request::Signal(info.ssi_signo as i32).encode(),
            true,
        );
    }

    fn send_size(&self) {
        if std::io::stdin().is_terminal()
            && let Ok(size) = tty::window_size(0)
        {
            let _ = seqpacket::send(self.socket.as_fd(), &Request::Resize(size).encode(), true);
        }
    }

    /// Writes what the container wrote. When our reader is gone (`| head`) the container ends, as a
    /// command of the pipeline would by SIGPIPE.
    fn show(&self, sink: &mut dyn Write, bytes: &[u8]) {
        if let Err(error) = sink.write_all(bytes).and_then(|()| sink.flush()) {
            let errno = Errno::from_raw(error.raw_os_error().unwrap_or_default());
            self.lost.set(
                self.lost
                    .get()
                    .or(Some(errno).filter(|errno| *errno != Errno::EPIPE)),
            );
            let _ = seqpacket::send(
                self.socket.as_fd(),
                &Request::Stop {
                    signal: nix::libc::SIGPIPE,
                    grace_ms: 1000,
                }
                .encode(),
                true,
            );
        }
    }
}

/// What became of one read of our standard input.
enum Input {
    Sent,
    Ended,
    Nothing,
    Detach,
}
