//! [`Relay`]: what the supervisor's loop serves. Container output goes to the log and to every attached
//! client, clients' input to the container.
//!
//! A slow client holds the container back through its pipes, as a slow reader of any pipeline does,
//! and nothing is dropped; one that takes nothing for [`crate::runtime::PATIENCE`] is disconnected. What the
//! container makes us do is paid for ([`Allowance`]): what is owed is waited for, and so it is by
//! the container, whose pipes are full meanwhile. A client sends input only when its last input was
//! taken, so that its signals and its request to stop are always received, however full the container's
//! standard input is.

use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signalfd::SignalFd;

use super::allowance::{Allowance, Pace, THROUGH_TERMINAL};
use super::begin::Started;
use super::clients::{Clients, FIRST};
use super::health::HealthMonitor;
use super::streams::Streams;
use crate::record::{ExitCause, LogWriter};
use crate::runtime::frame::{KIND, MAX_DATA, MAX_FRAME, Reply, Request, kind_of_output};
use crate::runtime::{socket, terminal};
use crate::sys::{pidfd, tty};

/// Grace when the supervisor itself is asked to end (SIGTERM at shutdown).
const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// How long a container runs before its supervisor goes where supervisors are, and watches its
/// memory pressure: nobody misses it sooner, and both cost an RCU grace period of some
/// milliseconds, which a command that ends at once would pay for nothing.
const SETTLED_AFTER: Duration = Duration::from_secs(1);

/// How long no client is accepted after accept(2) failed, for example because descriptors ran out.
const ACCEPT_BACKOFF: Duration = Duration::from_secs(1);

/// Signals from a client that also end its restarts (docker's `--sig-proxy`): otherwise nobody could
/// leave a foreground `run` whose command is started again and again.
const STOPPING: [i32; 3] = [nix::libc::SIGINT, nix::libc::SIGQUIT, nix::libc::SIGTERM];

/// Ctrl-C, as a terminal in raw mode sends it.
const CTRL_C: u8 = 3;

/// A pipe holds 1 MiB at most (fs.pipe-max-size); a round takes up to [`MAX_DATA`] of it.
const DRAIN_ROUNDS: usize = 1024;

/// One stream of output.
#[derive(Debug)]
pub(super) struct Output {
    pub fd: OwnedFd,
    stderr: bool,
}

/// Everything the supervisor's loop watches.
#[derive(Debug)]
pub(super) struct Relay {
    pub(crate) init: Option<OwnedFd>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) stdin: Option<OwnedFd>,
    terminal: Option<OwnedFd>,
    /// Input that the container has not taken yet, at most one frame a client.
    pub(crate) input: VecDeque<(u64, Vec<u8>)>,
    stdin_ends: bool,
    pub(crate) log: LogWriter,
    pub(crate) listener: OwnedFd,
    pub(super) accept_again_at: Option<Instant>,
    pub(crate) signals: SignalFd,
    pub(crate) clients: Clients,
    pub(super) stop_requested: bool,
    /// Whether a signal of ours was sent to the container that runs now.
    pub(super) signalled: bool,
    pub(crate) health: Option<HealthMonitor>,
    pub(super) watches_pressure: bool,
    /// Tells of memory pressure by POLLPRI.
    pub(super) pressure: Option<OwnedFd>,
    /// When it has run for long enough to settle down.
    pub(super) settles_at: Option<Instant>,
    pub(super) kill_at: Option<Instant>,
    pub(super) allowance: Allowance,
    pace: Pace,
    /// When output is read again, because it comes in small pieces.
    pub(super) rest_until: Option<Instant>,
    /// When clients are served again, whatever is owed.
    pub(super) clients_at: Instant,
    /// Made for the first byte that comes: many a container never writes one.
    buffer: Vec<u8>,
}

/// What can be done.
#[derive(Debug, Default)]
pub(super) struct Ready {
    pub init: bool,
    pub pressed: bool,
    pub pressure_gone: bool,
    pub terminate: bool,
    pub listener: bool,
    pub clients: Vec<usize>,
    pub outputs: Vec<usize>,
}

/// What is watched of a container, besides its streams.
#[derive(Debug)]
pub(super) struct Watched {
    pub health: Option<HealthMonitor>,
    pub memory_pressure: bool,
    /// Its CPU limit, in cores.
    pub cores: Option<f64>,
}

impl Relay {
    /// A relay without a container yet; `client` is attached from the first byte on.
    #[must_use]
    pub(crate) fn new(
        log: LogWriter,
        listener: OwnedFd,
        signals: SignalFd,
        client: Option<OwnedFd>,
    ) -> Self {
        let now = Instant::now();
        Self {
            init: None,
            outputs: Vec::new(),
            stdin: None,
            terminal: None,
            input: VecDeque::new(),
            stdin_ends: false,
            log,
            listener,
            accept_again_at: None,
            signals,
            clients: Clients::new(client),
            stop_requested: false,
            signalled: false,
            health: None,
            watches_pressure: false,
            pressure: None,
            settles_at: None,
            kill_at: None,
            allowance: Allowance::new(None, now),
            pace: Pace::new(now),
            rest_until: None,
            clients_at: now,
            buffer: Vec::new(),
        }
    }

    /// Takes the streams of a container over.
    ///
    /// # Errors
    /// When descriptors cannot be duplicated or made non-blocking.
    pub(crate) fn connect(&mut self, started: &mut Started, watched: Watched) -> nix::Result<()> {
        let now = Instant::now();
        (self.health, self.signalled) = (watched.health, false);
        self.watches_pressure = watched.memory_pressure;
        self.settles_at = Some(now + SETTLED_AFTER);
        self.allowance.begin(watched.cores, now);
        let copy = |fd: &OwnedFd| fd.try_clone().map_err(|_| Errno::EMFILE);
        self.outputs.clear();
        match &mut started.streams {
            Streams::Pipes {
                stdin,
                stdout,
                stderr,
            } => {
                // they are read from the last to the first: of two lines that came at once, what
                // went to stdout is more often the earlier one
                self.outputs.push(Output {
                    fd: copy(stderr)?,
                    stderr: true,
                });
                self.outputs.push(Output {
                    fd: copy(stdout)?,
                    stderr: false,
                });
                (self.stdin, self.terminal) = (stdin.take(), None);
            }
            Streams::Terminal(master) => {
                self.outputs.push(Output {
                    fd: copy(master)?,
                    stderr: false,
                });
                (self.stdin, self.terminal) = (Some(copy(master)?), Some(copy(master)?));
                self.stdin_ends = false;
            }
        }
        for fd in self
            .outputs
            .iter()
            .map(|o| o.fd.as_fd())
            .chain(self.stdin.iter().map(AsFd::as_fd))
        {
            terminal::set_nonblocking(fd)?;
        }
        self.init = Some(copy(&started.pidfd)?);
        Ok(())
    }

    /// Whether the health check may be attended to: a run of it is begun only when nothing is owed.
    pub(super) fn may_check(&self) -> bool {
        let runs = self
            .health
            .as_ref()
            .is_some_and(|monitor| monitor.fd().is_some());
        runs || self
            .allowance
            .paid_at()
            .is_none_or(|at| at <= Instant::now())
    }

    /// Whether somebody asked for a stop: then it is not started again.
    #[must_use]
    pub(super) fn stop_requested(&self) -> bool {
        self.stop_requested
    }

    /// Does what can be done now.
    pub(super) fn serve(&mut self, ready: Ready) {
        if ready.terminate {
            let _ = self.signals.read_signal();
            self.stop(nix::libc::SIGTERM, SHUTDOWN_GRACE);
        }
        if ready.listener {
            match socket::accept_root(&self.listener) {
                Ok(Some(socket)) => self.clients.push(socket),
                Ok(None) | Err(Errno::EAGAIN | Errno::EINTR | Errno::ECONNABORTED) => {}
                Err(_) => self.accept_again_at = Some(Instant::now() + ACCEPT_BACKOFF),
            }
        }
        self.feed_stdin();
        for index in ready.clients.into_iter().rev() {
            self.serve_client(index);
        }
        self.clients.disconnect_stalled(Instant::now());
        for index in ready.outputs.into_iter().rev() {
            if !self.clients.is_blocked() {
                self.pass_output(index);
            }
        }
        if self.log.due().is_some_and(|at| at <= Instant::now()) {
            // as with output itself
            let _ = self.log.log_dropped(false);
        }
        if self.clients.first_gone {
            self.feed_stdin();
        }
    }

    /// Whether a client's signal, or the end of a grace, may be what ended the container.
    #[must_use]
    pub(crate) fn signalled(&self) -> bool {
        self.signalled
    }

    fn signal(&mut self, signal: i32) {
        self.signalled = true;
        if let Some(init) = &self.init {
            // it may end this very moment, which is fine
            let _ = pidfd::send_signal(init.as_fd(), signal);
        }
    }

    /// Whether a container with a terminal waits to be started again.
    fn is_between_runs(&self) -> bool {
        self.init.is_none() && self.terminal.is_some()
    }

    /// Between two runs nobody reads a terminal. What is typed is dropped, and counts as taken, so
    /// that the client goes on reading its keyboard and sees Ctrl-C and the detach keys.
    pub(super) fn drop_typed(&mut self) {
        if self.is_between_runs() {
            self.stdin = None;
            self.feed_stdin();
        }
    }

    /// Signals the container and starts its grace; a later, shorter grace wins.
    fn stop(&mut self, signal: i32, grace: Duration) {
        self.stop_requested = true;
        // a check that runs is over, and none is begun any more
        self.health = None;
        self.signal(signal);
        let at = Instant::now() + grace;
        self.kill_at = Some(self.kill_at.map_or(at, |earlier| earlier.min(at)));
    }

    /// Sends what waits, then takes at most one request.
    fn serve_client(&mut self, index: usize) {
        self.buffer.resize(MAX_FRAME, 0);
        let Some((key, length)) = self.clients.receive(index, &mut self.buffer) else {
            return self.feed_stdin();
        };
        match Request::decode(&self.buffer[..length]) {
            // input before the last was taken breaks the protocol, and would let a client grow us
            Some(Request::Stdin(_)) if self.input.iter().any(|(k, _)| *k == key) => {
                self.clients.forget(index)
            }
            Some(Request::Stdin(bytes)) => {
                // between two runs no line discipline makes a signal of it
                self.stop_requested |= self.is_between_runs() && bytes.contains(&CTRL_C);
                self.input.push_back((key, bytes.to_vec()));
            }
            // a client that attaches later leaves its input open for the next (docker's StdinOnce)
            Some(Request::StdinEnd) => self.stdin_ends |= key == FIRST && self.terminal.is_none(),
            Some(Request::Resize(size)) => {
                if let Some(terminal) = &self.terminal {
                    let _ = tty::set_window_size(terminal.as_fd(), size);
                }
            }
            Some(Request::Signal(signal)) => {
                self.stop_requested |= STOPPING.contains(&signal);
                self.signal(signal);
            }
            Some(Request::Stop { signal, grace_ms }) => {
                self.stop(signal, Duration::from_millis(grace_ms.into()))
            }
            None => self.clients.forget(index),
        }
        self.feed_stdin();
    }

    /// Gives the container what it has not taken yet; ends its input when the client ended it.
    fn feed_stdin(&mut self) {
        self.stdin_ends |= std::mem::take(&mut self.clients.first_gone) && self.terminal.is_none();
        while let Some((key, bytes)) = self.input.front_mut() {
            let gone = match self
                .stdin
                .as_ref()
                .map(|stdin| nix::unistd::write(stdin, bytes))
            {
                Some(Ok(written)) => {
                    bytes.drain(..written);
                    false
                }
                Some(Err(Errno::EINTR)) => false,
                Some(Err(Errno::EAGAIN)) => return,
                // it closed its standard input, or never had one: what is left has no reader
                Some(Err(_)) | None => true,
            };
            if gone || bytes.is_empty() {
                let key = *key;
                self.input.pop_front();
                self.stdin_ends |= gone;
                self.clients.send(&Reply::Taken.encode(), Some(key));
            }
        }
        if self.stdin_ends {
            self.stdin = None;
        }
    }

    /// Passes one read of output on; returns whether there may be more at once.
    fn pass_output(&mut self, index: usize) -> bool {
        let stderr = self.outputs[index].stderr;
        self.buffer.resize(MAX_FRAME, 0);
        let length = match nix::unistd::read(
            &self.outputs[index].fd,
            &mut self.buffer[KIND..KIND + MAX_DATA],
        ) {
            Ok(length @ 1..) => length,
            Err(Errno::EAGAIN | Errno::EINTR) => return false,
            // the end; a terminal's master says EIO when the last slave is closed
            Ok(0) | Err(_) => {
                self.outputs.remove(index);
                return false;
            }
        };
        if self.terminal.is_some() {
            self.allowance.charge(length as f64 * THROUGH_TERMINAL);
        }
        self.rest_until = self.pace.rest_after(length, Instant::now());
        // a full disk loses the log, never the container
        let _ = self.log.write(stderr, &self.buffer[KIND..KIND + length]);
        if !self.clients.is_empty() {
            self.buffer[0] = kind_of_output(stderr);
            self.clients.send(&self.buffer[..KIND + length], None);
        }
        true
    }

    /// After the end, when nobody writes any more: everything that is still in the pipes goes to
    /// the log now, and waits for clients that are slow to take it. It never blocks: a client that
    /// is stopped keeps nobody from hearing of the end.
    pub(super) fn drain(&mut self) {
        // a process that outlived init, in the host's pid namespace say, may go on writing: that is
        // not waited for
        let (mut more, mut rounds) = (true, 0);
        while more && rounds < DRAIN_ROUNDS {
            (more, rounds) = (false, rounds + 1);
            for index in (0..self.outputs.len()).rev() {
                more |= self.pass_output(index);
            }
        }
        let _ = self.log.log_dropped(true);
    }

    /// Tells every client how it ended, after the output that waits for it; only those that have
    /// not taken it all stay.
    pub(super) fn send_end(&mut self, cause: ExitCause) {
        self.clients.send_end(cause);
    }

    /// Waits for the clients that are slow to take the last output. The container is over and
    /// everything of it given back by then.
    pub(super) fn linger(mut self) {
        let clients = std::mem::replace(&mut self.clients, Clients::new(None));
        // nobody else is served: who connects now is told at once that nobody listens
        drop(self);
        clients.wait_until_taken();
    }
}
