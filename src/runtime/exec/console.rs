//! The caller's side of an exec: its streams, signals and window size, until the command ends.

use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::sys::signalfd::SignalFd;

use super::begin::{Begun, begin};
use super::message::{COMMAND, ENDED, FAILED};
use super::order::{ExecOrder, explain};
use super::pipes::NearEnds;
use crate::record::{Process, Record};
use crate::runtime::init::{REPORT, StepReport, TERMINAL};
use crate::runtime::terminal::{self, RawMode};
use crate::runtime::{LaunchError, Runtime};
use crate::sys::program::ReadOnlyView;
use crate::sys::{fds, pidfd, seqpacket, tty};

/// Room for any message of the joining process.
const MESSAGE: usize = 16 * 1024;

/// Between the deaths of processes that are killed together.
const MOMENT: Duration = Duration::from_secs(1);

/// Executes a command in the container whose init is `target`, with our standard streams, and waits
/// for its end. Returns its exit code as `run` does: its own, or 128+N for signal N.
///
/// # Errors
/// When the container cannot be joined, or the command is not found (code 127) or not executable
/// (126).
pub(crate) fn exec(
    runtime: &Runtime,
    record: &Record,
    target: &Process,
    order: &ExecOrder,
) -> Result<i32, LaunchError> {
    let signals = terminal::passed_on_signals().map_err(LaunchError::nix("watch for signals"))?;
    let Begun {
        socket,
        view,
        streams,
    } = begin(runtime, record, target, order, || ())?;
    let console = ExecConsole {
        socket,
        signals,
        explain: &|report| explain(&record.spec, order, report),
    };
    console.pass_through(streams, view)
}

/// What the caller watches while its command runs.
pub(super) struct ExecConsole<'a> {
    /// The joining process's messages.
    pub socket: OwnedFd,
    /// Signals to pass on.
    pub signals: SignalFd,
    /// Turns a step's report into words.
    pub explain: &'a dyn Fn(StepReport) -> LaunchError,
}

/// What there is of the command so far.
#[derive(Default)]
struct Command {
    pidfd: Option<OwnedFd>,
    master: Option<OwnedFd>,
    /// Whether the command has closed its terminal. The master stays open until it has ended: a
    /// command that closes its streams before it exits, as cat does, would be hung up in between,
    /// and SIGHUP be its end.
    closed: bool,
    raw: Option<RawMode>,
}

impl ExecConsole<'_> {
    /// Passes everything through until the command ends; its exit code. `streams` are our ends of
    /// the command's where it has no terminal. `view` is given up once the joining process has done
    /// its work.
    ///
    /// # Errors
    /// When the container cannot be joined or the command not executed.
    pub(crate) fn pass_through(
        &self,
        mut streams: Option<NearEnds>,
        view: ReadOnlyView,
    ) -> Result<i32, LaunchError> {
        let mut view = Some(view);
        let mut command = Command::default();
        let mut buffer = vec![0; MESSAGE];
        let mut typing = true;
        loop {
            let mut polled = vec![
                PollFd::new(self.socket.as_fd(), PollFlags::POLLIN),
                PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
            ];
            match &streams {
                Some(streams) => polled.extend(streams.wanted()),
                None => polled.extend(command.wanted(typing)),
            }
            match poll(&mut polled, PollTimeout::NONE) {
                Err(Errno::EINTR) => continue,
                other => other.map_err(LaunchError::nix("wait for the command"))?,
            };
            let ready: Vec<bool> = polled
                .iter()
                .map(|fd| fd.revents().is_some_and(|events| !events.is_empty()))
                .collect();
            let (message_ready, signalled, others) = (ready[0], ready[1], &ready[2..]);
            match &mut streams {
                Some(streams) => streams.serve(others),
                None => {
                    if others.first().is_some_and(|shown| *shown) {
                        command.show(&mut buffer);
                    }
                    if others.get(1).is_some_and(|typed| *typed) {
                        typing = command.take_input(&mut buffer);
                    }
                }
            }
            if signalled {
                self.pass_signal(&command);
            }
            if message_ready
                && let Some(code) = self.receive(&mut command, &mut buffer, streams.is_none())?
            {
                let lost = match streams {
                    Some(streams) => streams.finish(&self.signals),
                    None => {
                        while command.show(&mut buffer) {}
                        None
                    }
                };
                return lost.map_or(Ok(code), |errno| {
                    Err(LaunchError::own("cannot write to standard output", errno))
                });
            }
            if command.pidfd.is_some() {
                drop(view.take());
            }
        }
    }

    /// Takes one message of the joining process; the exit code when it was the last.
    fn receive(
        &self,
        command: &mut Command,
        buffer: &mut [u8],
        tty: bool,
    ) -> Result<Option<i32>, LaunchError> {
        let (length, fd) = seqpacket::receive_with_fd(self.socket.as_fd(), buffer)
            .map_err(LaunchError::nix("receive from the joining process"))?;
        match buffer[..length] {
            [COMMAND, ..] => command.pidfd = fd,
            [TERMINAL, ..] if tty => command.connect(fd)?,
            [ENDED, code, ..] => return Ok(Some(code.into())),
            [REPORT, ..] => {
                let report = StepReport::decode(&buffer[..length]);
                return Err(report.map_or_else(
                    || LaunchError::plain("invalid report from the joining process"),
                    self.explain,
                ));
            }
            [FAILED, ref json @ ..] => {
                return Err(serde_json::from_slice(json)
                    .unwrap_or_else(|e| LaunchError::plain(e.to_string())));
            }
            [] if command.has_ended() => return Ok(Some(128 + nix::libc::SIGKILL)),
            [] => return Err(LaunchError::plain("the joining process was killed")),
            _ => {}
        }
        Ok(None)
    }

    fn pass_signal(&self, command: &Command) {
        let Ok(Some(info)) = self.signals.read_signal() else {
            return;
        };
        if info.ssi_signo as i32 == Signal::SIGWINCH as i32 {
            command.fit();
        } else if let Some(pidfd) = &command.pidfd {
            let _ = pidfd::send_signal(pidfd.as_fd(), info.ssi_signo as i32);
        }
    }
}

impl Command {
    /// Its terminal, and our standard input while we are `typing`. A terminal whose other side is
    /// closed would be ready for ever.
    fn wanted(&self, typing: bool) -> impl Iterator<Item = PollFd<'_>> {
        let master = self.master.as_ref().filter(|_| !self.closed);
        let typed = master
            .filter(|_| typing)
            .map(|_| PollFd::new(fds::borrow(0), PollFlags::POLLIN));
        master
            .map(|master| PollFd::new(master.as_fd(), PollFlags::POLLIN))
            .into_iter()
            .chain(typed)
    }

    fn connect(&mut self, master: Option<OwnedFd>) -> Result<(), LaunchError> {
        let terminal = |errno| LaunchError::own("connect the terminal", errno);
        let master = master.ok_or_else(|| terminal(Errno::EBADF))?;
        terminal::set_nonblocking(master.as_fd()).map_err(terminal)?;
        self.raw = Some(RawMode::enter().map_err(terminal)?);
        self.master = Some(master);
        self.fit();
        Ok(())
    }

    /// Whether it ended with the process that would have told how: what kills a container kills
    /// both, at almost the same time.
    fn has_ended(&self) -> bool {
        self.pidfd.as_ref().is_some_and(|command| {
            pidfd::wait_readable(command.as_fd(), Some(MOMENT)).unwrap_or(false)
        })
    }

    /// Gives the command's terminal our terminal's size.
    fn fit(&self) {
        if let Some(master) = &self.master
            && let Ok(size) = tty::window_size(0)
        {
            let _ = tty::set_window_size(master.as_fd(), size);
        }
    }

    /// Writes one read of the terminal's output to ours; `false` when there is none.
    fn show(&mut self, buffer: &mut [u8]) -> bool {
        let Some(master) = &self.master else {
            return false;
        };
        match nix::unistd::read(master, buffer) {
            Ok(length @ 1..) => {
                let mut stdout = std::io::stdout();
                let shown = stdout
                    .write_all(&buffer[..length])
                    .and_then(|()| stdout.flush());
                if shown.is_err() {
                    // our reader is gone: closing the terminal hangs the command up
                    self.master = None;
                }
                true
            }
            Err(Errno::EAGAIN | Errno::EINTR) => false,
            Ok(0) | Err(_) => {
                self.closed = true;
                false
            }
        }
    }

    /// Passes one read of our standard input on; `false` when it has ended.
    fn take_input(&self, buffer: &mut [u8]) -> bool {
        let Some(master) = &self.master else {
            return true;
        };
        let length = match nix::unistd::read(fds::borrow(0), buffer) {
            Ok(length @ 1..) => length,
            Err(Errno::EINTR | Errno::EAGAIN) => return true,
            Ok(0) | Err(_) => return false,
        };
        let mut rest = &buffer[..length];
        while !rest.is_empty() {
            match nix::unistd::write(master, rest) {
                Ok(written) => rest = &rest[written..],
                Err(Errno::EINTR) => {}
                // a terminal takes a few KiB of unread input; more than that is dropped by
                // terminals, so it is here
                Err(_) => return true,
            }
        }
        true
    }
}
