//! [`ExecSession`]: a command in a container with a terminal of its own, for a process that has
//! threads: the launcher begins it, and the terminal's master end comes back here. Its own terminal
//! keeps Ctrl-C inside: it reaches the command, never the caller.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::client::Launcher;
use crate::runtime::exec::{COMMAND, ENDED, FAILED, explain};
use crate::runtime::init::{REPORT, StepReport, TERMINAL};
use crate::runtime::{ExecOrder, LaunchError, terminal};
use crate::spec::ContainerSpec;
use crate::sys::tty::{self, WindowSize};
use crate::sys::{pidfd, seqpacket};

/// Room for any message of the joining process, in bytes.
const MESSAGE: usize = 16 * 1024;
/// How often a waiting call checks whether the session was closed, in milliseconds.
const POLL_INTERVAL: u16 = 300;

/// What a read brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionOutput {
    /// The terminal shows these bytes.
    Bytes(Vec<u8>),
    /// The command ended with this exit code, 128+N for signal N.
    Ended(i32),
}

/// A command with a terminal. One thread may read while another writes.
#[derive(Debug)]
pub(crate) struct ExecSession {
    socket: OwnedFd,
    master: OwnedFd,
    command: OwnedFd,
    closed: AtomicBool,
    /// The final message of the joining process, once it has come.
    end: Mutex<Option<Result<i32, LaunchError>>>,
    spec: ContainerSpec,
    order: ExecOrder,
}

impl ExecSession {
    /// Executes `order` (which must ask for a terminal) in a running container, in a terminal of
    /// `size`.
    ///
    /// # Errors
    /// When it cannot be joined, or the command cannot be executed.
    pub(crate) fn open(
        launcher: &Launcher,
        spec: &ContainerSpec,
        order: ExecOrder,
        size: WindowSize,
    ) -> Result<Self, LaunchError> {
        let socket = launcher.exec(&spec.id, &order)?;
        let (mut master, mut command) = (None, None);
        let mut buffer = vec![0; MESSAGE];
        let (master, command) = loop {
            (master, command) = match (master, command) {
                (Some(master), Some(command)) => break (master, command),
                some => some,
            };
            let (length, fd) = seqpacket::receive_with_fd(socket.as_fd(), &mut buffer)
                .map_err(LaunchError::nix("receive from the joining process"))?;
            match buffer[..length] {
                [TERMINAL, ..] => master = fd,
                [COMMAND, ..] => command = fd,
                _ => {
                    final_result(&buffer[..length], spec, &order).unwrap_or(Ok(0))?;
                }
            }
        };
        let connect = |errno| LaunchError::own("connect the terminal", errno);
        terminal::set_nonblocking(master.as_fd()).map_err(connect)?;
        tty::set_window_size(master.as_fd(), size).map_err(connect)?;
        let (closed, end) = (AtomicBool::new(false), Mutex::new(None));
        Ok(Self {
            socket,
            master,
            command,
            closed,
            end,
            spec: spec.clone(),
            order,
        })
    }

    /// Waits for output, or for the end.
    ///
    /// # Errors
    /// When the command could not be executed, or was closed.
    pub(crate) fn read(&self, max: usize) -> Result<SessionOutput, LaunchError> {
        let mut buffer = vec![0; max];
        loop {
            match nix::unistd::read(&self.master, &mut buffer) {
                Ok(length @ 1..) => {
                    buffer.truncate(length);
                    return Ok(SessionOutput::Bytes(buffer));
                }
                Err(Errno::EINTR) => continue,
                Err(Errno::EAGAIN) => {}
                // the last descriptor of the other end is closed (EIO): only the message about it is
                // missing
                Ok(0) | Err(_) => return self.wait_for_end().map(SessionOutput::Ended),
            }
            if self.closed.load(Ordering::SeqCst) {
                return Err(LaunchError::plain("the session was closed"));
            }
            let ended = self
                .end
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .clone();
            if let Some(end) = ended {
                // what is left in the terminal was read: children of the command may still hold it
                // open
                return end.map(SessionOutput::Ended);
            }
            let mut polled = [
                PollFd::new(self.master.as_fd(), PollFlags::POLLIN),
                PollFd::new(self.socket.as_fd(), PollFlags::POLLIN),
            ];
            match poll(&mut polled, PollTimeout::from(POLL_INTERVAL)) {
                Err(Errno::EINTR) => continue,
                other => other.map_err(LaunchError::nix("wait for the command"))?,
            };
            if polled[1].revents().is_some_and(|events| !events.is_empty()) {
                self.receive()?;
            }
        }
    }

    /// Takes one message of the joining process; keeps the last.
    fn receive(&self) -> Result<(), LaunchError> {
        let mut buffer = vec![0; MESSAGE];
        let length = seqpacket::receive(self.socket.as_fd(), &mut buffer, true)
            .map_err(LaunchError::nix("receive from the joining process"))?;
        if let Some(result) = final_result(&buffer[..length], &self.spec, &self.order) {
            let mut end = self
                .end
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            // a report of what failed is followed by an exit code, which says less
            end.get_or_insert(result);
        }
        Ok(())
    }

    fn wait_for_end(&self) -> Result<i32, LaunchError> {
        loop {
            if let Some(end) = self
                .end
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .clone()
            {
                return end;
            }
            self.receive()?;
        }
    }

    /// Writes `bytes`, waiting while the command takes none.
    ///
    /// # Errors
    /// When it is gone or was closed.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), LaunchError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.closed.load(Ordering::SeqCst) {
                return Err(LaunchError::plain("the session was closed"));
            }
            match nix::unistd::write(&self.master, rest) {
                Ok(written) => rest = &rest[written..],
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => {
                    let mut polled = [PollFd::new(self.master.as_fd(), PollFlags::POLLOUT)];
                    let _ = poll(&mut polled, PollTimeout::from(POLL_INTERVAL));
                }
                Err(errno) => return Err(LaunchError::own("write to the terminal", errno)),
            }
        }
        Ok(())
    }

    /// Gives the terminal another size; the kernel tells the command (SIGWINCH).
    pub(crate) fn resize(&self, size: WindowSize) {
        // a terminal that is gone has no size, and nobody to tell
        let _ = tty::set_window_size(self.master.as_fd(), size);
    }

    /// Hangs up, as closing a terminal's window does; dropping the session afterwards closes the
    /// terminal itself.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        // one that has ended already needs no signal
        let _ = pidfd::send_signal(self.command.as_fd(), nix::libc::SIGHUP);
    }
}

/// The result in `message`, when it is a final one: the command's exit code, or why it could not be
/// executed.
fn final_result(
    message: &[u8],
    spec: &ContainerSpec,
    order: &ExecOrder,
) -> Option<Result<i32, LaunchError>> {
    match *message {
        [ENDED, code, ..] => Some(Ok(code.into())),
        [REPORT, ..] => {
            let report = StepReport::decode(message);
            Some(Err(report.map_or_else(
                || LaunchError::plain("invalid report from the joining process"),
                |report| explain(spec, order, report),
            )))
        }
        [FAILED, ref json @ ..] => Some(Err(
            serde_json::from_slice(json).unwrap_or_else(|e| LaunchError::plain(e.to_string()))
        )),
        [] => Some(Err(LaunchError::plain("the joining process was killed"))),
        _ => None,
    }
}
