//! A caller's terminal: raw while a container's terminal is attached, as before afterwards;
//! descriptors without blocking.

use std::os::fd::{AsFd, BorrowedFd};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};

/// Makes reads and writes return EAGAIN instead of waiting.
///
/// # Errors
/// What fcntl(2) says.
pub(super) fn set_nonblocking(fd: BorrowedFd<'_>) -> nix::Result<()> {
    let flags = OFlag::from_bits_retain(fcntl(fd, FcntlArg::F_GETFL)?);
    fcntl(fd, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK)).map(drop)
}

/// Signals that a foreground command passes on to the container (docker's `--sig-proxy`).
const PASSED_ON: [Signal; 8] = [
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGALRM,
    Signal::SIGCONT,
];

/// Blocks the signals that will be passed on, and SIGWINCH, and reads them as they come. Make it
/// before a launch, so that none is lost in between.
///
/// # Errors
/// EMFILE and its like.
pub(super) fn passed_on_signals() -> nix::Result<SignalFd> {
    let mut set: SigSet = PASSED_ON.into_iter().collect();
    set.add(Signal::SIGWINCH);
    set.thread_block()?;
    SignalFd::with_flags(&set, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
}

/// Standard input in raw mode until dropped; nothing when it is no terminal.
#[derive(Debug)]
pub(super) struct RawMode {
    before: Option<Termios>,
}

impl RawMode {
    /// Switches standard input to raw mode.
    ///
    /// # Errors
    /// What tcsetattr(3) says.
    pub(super) fn enter() -> nix::Result<Self> {
        let stdin = std::io::stdin();
        let Ok(before) = tcgetattr(stdin.as_fd()) else {
            return Ok(Self { before: None });
        };
        let mut raw = before.clone();
        cfmakeraw(&mut raw);
        tcsetattr(stdin.as_fd(), SetArg::TCSADRAIN, &raw)?;
        Ok(Self {
            before: Some(before),
        })
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // nothing better can be done while leaving
            let _ = tcsetattr(std::io::stdin().as_fd(), SetArg::TCSADRAIN, before);
        }
    }
}
