//! [`Relay`]: the supervisor's poll loop. Container output goes to the log and to every attached client, clients' input to the container.
//!
//! A slow client holds the container back through its pipes, as a slow reader of any pipeline does; nothing is dropped and
//! nothing is queued beyond a frame or two a client. A client sends input only when its last input was taken, so that its
//! signals and its wish to stop are always heard, however full the container's standard input is.

use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signalfd::SignalFd;

use super::client::{Client, wait_until_taken};
use super::duties::Duties;
use super::frame::{MAX_DATA, MAX_FRAME, Reply, Request};
use super::health::HealthMonitor;
use super::start::{Started, Streams};
use super::{socket, terminal};
use crate::record::{ExitCause, LogWriter};
use crate::sys::{pidfd, seqpacket, tty};

/// Grace when the supervisor itself is asked to end (SIGTERM at shutdown).
const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// How long after a kill that has not ended the container the next follows.
const KILL_AGAIN: Duration = Duration::from_secs(1);

/// How long a container runs before its memory pressure is watched: nobody misses it sooner, and giving a trigger back costs an RCU
/// grace period of some milliseconds, which a command that ends at once would pay for nothing.
const PRESSURE_AFTER: Duration = Duration::from_secs(1);

/// A pipe holds 1 MiB at most (fs.pipe-max-size); a round takes up to [`MAX_DATA`] of it.
const DRAIN_ROUNDS: usize = 1024;

/// One stream of output.
#[derive(Debug)]
struct Output {
    fd: OwnedFd,
    stderr: bool,
}

/// The client that was there from the start: when it goes, standard input ends (docker's StdinOnce).
const FIRST: u64 = 0;

/// Everything the supervisor's loop watches.
#[derive(Debug)]
pub struct Relay {
    init: Option<OwnedFd>,
    outputs: Vec<Output>,
    stdin: Option<OwnedFd>,
    terminal: Option<OwnedFd>,
    /// Input that the container has not taken yet, at most one frame a client.
    input: VecDeque<(u64, Vec<u8>)>,
    stdin_ends: bool,
    log: LogWriter,
    listener: OwnedFd,
    signals: SignalFd,
    clients: Vec<Client>,
    next_key: u64,
    stop_requested: bool,
    /// Whether a signal of ours was sent to the container that runs now.
    signalled: bool,
    health: Option<HealthMonitor>,
    /// Tells of memory pressure by POLLPRI.
    pressure: Option<OwnedFd>,
    /// When to begin watching it.
    pressure_from: Option<Instant>,
    kill_at: Option<Instant>,
    /// Made for the first byte that comes: many a container never writes one.
    buffer: Vec<u8>,
}

impl Relay {
    /// A relay without a container yet; `client` is attached from the first byte on.
    #[must_use]
    pub fn new(log: LogWriter, listener: OwnedFd, signals: SignalFd, client: Option<OwnedFd>) -> Self {
        Self {
            init: None,
            outputs: Vec::new(),
            stdin: None,
            terminal: None,
            input: VecDeque::new(),
            stdin_ends: false,
            log,
            listener,
            signals,
            clients: client.map(|socket| Client { key: FIRST, socket, waiting: VecDeque::new() }).into_iter().collect(),
            next_key: FIRST + 1,
            stop_requested: false,
            signalled: false,
            health: None,
            pressure: None,
            pressure_from: None,
            kill_at: None,
            buffer: Vec::new(),
        }
    }

    /// Takes the streams of a container over.
    ///
    /// # Errors
    /// When descriptors cannot be duplicated or made non-blocking.
    pub fn connect(&mut self, started: &mut Started, health: Option<HealthMonitor>, watch_pressure: bool) -> nix::Result<()> {
        (self.health, self.signalled) = (health, false);
        self.pressure_from = watch_pressure.then(|| Instant::now() + PRESSURE_AFTER);
        let copy = |fd: &OwnedFd| fd.try_clone().map_err(|_| Errno::EMFILE);
        self.outputs.clear();
        match &mut started.streams {
            Streams::Pipes { stdin, stdout, stderr } => {
                self.outputs.push(Output { fd: copy(stdout)?, stderr: false });
                self.outputs.push(Output { fd: copy(stderr)?, stderr: true });
                (self.stdin, self.terminal) = (stdin.take(), None);
            }
            Streams::Terminal(master) => {
                self.outputs.push(Output { fd: copy(master)?, stderr: false });
                (self.stdin, self.terminal) = (Some(copy(master)?), Some(copy(master)?));
            }
        }
        for fd in self.outputs.iter().map(|o| o.fd.as_fd()).chain(self.stdin.iter().map(AsFd::as_fd)) {
            terminal::set_nonblocking(fd)?;
        }
        self.init = Some(copy(&started.pidfd)?);
        Ok(())
    }

    /// Serves until the container's init has ended.
    pub fn run(&mut self, duties: &mut dyn Duties) {
        loop {
            let ready = self.wait(None);
            if ready.init {
                (self.init, self.pressure, self.pressure_from) = (None, None, None);
                return;
            }
            if self.kill_at.is_some_and(|at| at <= Instant::now()) {
                // again if that was not enough: nothing of it may stay
                (self.kill_at, self.signalled) = (Some(Instant::now() + KILL_AGAIN), true);
                duties.kill();
            }
            if self.pressure_from.is_some_and(|at| at <= Instant::now()) {
                self.pressure_from = None;
                self.pressure = duties.watch_pressure();
            }
            if ready.pressed {
                duties.pressed();
            }
            if ready.pressure_gone {
                self.pressure = None;
            }
            if let Some(monitor) = &mut self.health
                && let Some(verdict) = monitor.advance(Instant::now(), |line| duties.probe(line))
            {
                duties.judged(verdict);
            }
            self.serve(ready);
        }
    }

    /// Serves clients for `delay` without a container; `false` when it was asked to stop meanwhile.
    pub fn wait_for(&mut self, delay: Duration) -> bool {
        let until = Instant::now() + delay;
        while Instant::now() < until && !self.stop_requested {
            let ready = self.wait(Some(until));
            self.serve(ready);
        }
        !self.stop_requested
    }

    /// Whether somebody asked for a stop: then it is not started again.
    #[must_use]
    pub fn stop_requested(&self) -> bool {
        self.stop_requested
    }

    fn serve(&mut self, ready: Ready) {
        if ready.terminate {
            let _ = self.signals.read_signal();
            self.stop(nix::libc::SIGTERM, SHUTDOWN_GRACE);
        }
        if ready.listener
            && let Ok(Some(socket)) = socket::accept_root(&self.listener)
        {
            self.clients.push(Client { key: self.next_key, socket, waiting: VecDeque::new() });
            self.next_key += 1;
        }
        self.feed_stdin();
        for index in ready.clients.into_iter().rev() {
            self.serve_client(index);
        }
        for index in ready.outputs.into_iter().rev() {
            if !self.held_back() {
                self.pass_output(index);
            }
        }
    }

    /// Whether some client has not taken the last output yet.
    fn held_back(&self) -> bool {
        self.clients.iter().any(|c| !c.waiting.is_empty())
    }

    /// Sleeps until something can be done, at most until `until`.
    fn wait(&self, until: Option<Instant>) -> Ready {
        let when = |wanted: bool, flags: PollFlags| if wanted { flags } else { PollFlags::empty() };
        let mut fds = vec![PollFd::new(self.signals.as_fd(), PollFlags::POLLIN), PollFd::new(self.listener.as_fd(), PollFlags::POLLIN)];
        let clients_from = fds.len();
        for client in &self.clients {
            fds.push(PollFd::new(client.socket.as_fd(), PollFlags::POLLIN | when(!client.waiting.is_empty(), PollFlags::POLLOUT)));
        }
        let outputs_from = fds.len();
        if !self.held_back() {
            fds.extend(self.outputs.iter().map(|o| PollFd::new(o.fd.as_fd(), PollFlags::POLLIN)));
        }
        let outputs_to = fds.len();
        fds.extend(self.init.iter().map(|init| PollFd::new(init.as_fd(), PollFlags::POLLIN)));
        fds.extend(self.health.iter().filter_map(HealthMonitor::fd).map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
        let pressure_at = fds.len();
        fds.extend(self.pressure.iter().map(|pressure| PollFd::new(pressure.as_fd(), PollFlags::POLLPRI)));
        if !self.input.is_empty()
            && let Some(stdin) = &self.stdin
        {
            fds.push(PollFd::new(stdin.as_fd(), PollFlags::POLLOUT));
        }
        let check_at = self.init.as_ref().and(self.health.as_ref()).map(HealthMonitor::deadline);
        let deadline = [until, self.kill_at, check_at, self.pressure_from].into_iter().flatten().min();
        let timeout = deadline.map_or(PollTimeout::NONE, |at| {
            let left = at.saturating_duration_since(Instant::now()).as_millis().min(60_000) as i32;
            PollTimeout::try_from(left + 1).unwrap_or(PollTimeout::ZERO)
        });
        if poll(&mut fds, timeout).is_err() {
            return Ready::default();
        }
        let hit = |index: usize| fds[index].revents().is_some_and(|r| !r.is_empty());
        let indices = |from: usize, to: usize| (from..to).filter(|i| hit(*i)).map(|i| i - from).collect();
        let pressure = fds.get(pressure_at).filter(|_| self.pressure.is_some()).and_then(PollFd::revents).unwrap_or(PollFlags::empty());
        Ready {
            pressed: pressure.contains(PollFlags::POLLPRI) && !pressure.contains(PollFlags::POLLERR),
            pressure_gone: pressure.contains(PollFlags::POLLERR),
            terminate: hit(0),
            listener: hit(1),
            clients: indices(clients_from, outputs_from),
            outputs: indices(outputs_from, outputs_to),
            init: self.init.is_some() && hit(outputs_to),
        }
    }

    /// Whether a client's signal, or the end of a grace, may be what ended the container.
    #[must_use]
    pub fn signalled(&self) -> bool {
        self.signalled
    }

    fn signal(&mut self, signal: i32) {
        self.signalled = true;
        if let Some(init) = &self.init {
            // it may end this very moment, which is fine
            let _ = pidfd::send_signal(init.as_fd(), signal);
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
        if !self.clients[index].send_waiting() {
            return self.forget(index);
        }
        let key = self.clients[index].key;
        self.buffer.resize(MAX_FRAME, 0);
        match seqpacket::receive(self.clients[index].socket.as_fd(), &mut self.buffer, false) {
            Err(Errno::EAGAIN) => {}
            Ok(0) | Err(_) => self.forget(index),
            Ok(length) => match Request::decode(&self.buffer[..length]) {
                // input before the last was taken breaks the protocol, and would let a client grow us
                Some(Request::Stdin(_)) if self.input.iter().any(|(k, _)| *k == key) => self.forget(index),
                Some(Request::Stdin(bytes)) => self.input.push_back((key, bytes.to_vec())),
                // whoever attaches later leaves its input open for the next (docker's StdinOnce)
                Some(Request::StdinEnd) => self.stdin_ends |= key == FIRST && self.terminal.is_none(),
                Some(Request::Resize(size)) => {
                    if let Some(terminal) = &self.terminal {
                        let _ = tty::set_window_size(terminal.as_fd(), size);
                    }
                }
                Some(Request::Signal(signal)) => self.signal(signal),
                Some(Request::Stop { signal, grace_ms }) => self.stop(signal, Duration::from_millis(grace_ms.into())),
                None => self.forget(index),
            },
        }
        self.feed_stdin();
    }

    fn forget(&mut self, index: usize) {
        let client = self.clients.remove(index);
        self.stdin_ends |= client.key == FIRST && self.terminal.is_none();
    }

    /// Gives the container what it has not taken yet; ends its input when the client ended it.
    fn feed_stdin(&mut self) {
        while let Some((key, bytes)) = self.input.front_mut() {
            let gone = match self.stdin.as_ref().map(|stdin| nix::unistd::write(stdin, bytes)) {
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
                self.clients.retain_mut(|c| c.key != key || c.send(Reply::Taken.encode()));
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
        let length = match nix::unistd::read(&self.outputs[index].fd, &mut self.buffer[..MAX_DATA]) {
            Ok(length @ 1..) => length,
            Err(Errno::EAGAIN | Errno::EINTR) => return false,
            // the end; a terminal's master says EIO when the last slave is closed
            Ok(0) | Err(_) => {
                self.outputs.remove(index);
                return false;
            }
        };
        let bytes = &self.buffer[..length];
        // a full disk loses the log, never the container
        let _ = self.log.write(stderr, bytes);
        if !self.clients.is_empty() {
            let frame = if stderr { Reply::Stderr(bytes).encode() } else { Reply::Stdout(bytes).encode() };
            self.clients.retain_mut(|client| client.send(frame.clone()));
        }
        true
    }

    /// After the end, when nobody writes any more: everything that is still in the pipes goes to the log now, and waits for clients that
    /// are slow to take it. It never blocks: a client that is stopped keeps nobody from hearing of the end.
    pub fn drain(&mut self) {
        // a process that outlived init, in the host's pid namespace say, may go on writing: that is not waited for
        let (mut more, mut rounds) = (true, 0);
        while more && rounds < DRAIN_ROUNDS {
            (more, rounds) = (false, rounds + 1);
            for index in (0..self.outputs.len()).rev() {
                more |= self.pass_output(index);
            }
        }
    }

    /// Tells every client how it ended, after the output that waits for it; only those that have not taken it all stay.
    pub fn say_ended(&mut self, cause: ExitCause) {
        let frame = Reply::Ended(cause).encode();
        self.clients.retain_mut(|client| client.send(frame.clone()) && !client.waiting.is_empty());
    }

    /// Waits for the clients that are slow to take the last output. The container is over and everything of it given back by then.
    pub fn linger(mut self) {
        let clients = std::mem::take(&mut self.clients);
        // nobody else is served: who connects now is told at once that nobody listens
        drop(self);
        wait_until_taken(clients);
    }
}

/// What poll found.
#[derive(Debug, Default)]
struct Ready {
    init: bool,
    pressed: bool,
    pressure_gone: bool,
    terminate: bool,
    listener: bool,
    clients: Vec<usize>,
    outputs: Vec<usize>,
}
