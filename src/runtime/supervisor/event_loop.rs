//! The supervisor's loop: it sleeps until something can be done, and has it done.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::duties::Duties;
use super::health::HealthMonitor;
use super::relay::{Ready, Relay};

/// How long after a kill that has not ended the container the next follows.
const KILL_AGAIN: Duration = Duration::from_secs(1);

/// How often clients are served while CPU time is owed: a request to stop does not wait for that.
const CLIENT_INTERVAL: Duration = Duration::from_millis(100);

impl Relay {
    /// Serves until the container's init has ended.
    pub(crate) fn run(&mut self, duties: &mut dyn Duties) {
        loop {
            let ready = self.wait(None);
            let now = Instant::now();
            if ready.init {
                (self.init, self.pressure, self.settles_at) = (None, None, None);
                // a check that runs ends with it, and would be heard of while nobody attends to it
                self.health = None;
                return;
            }
            if self.kill_at.is_some_and(|at| at <= now) {
                // again if that was not enough: nothing of it may stay
                (self.kill_at, self.signalled) = (Some(now + KILL_AGAIN), true);
                duties.kill();
            }
            if self.settles_at.is_some_and(|at| at <= now) {
                self.settles_at = None;
                duties.settle();
                if self.watches_pressure {
                    self.pressure = duties.watch_pressure();
                }
            }
            if ready.pressed {
                duties.pressed();
            }
            if ready.pressure_gone {
                self.pressure = None;
            }
            if ready.check_output
                && let Some(monitor) = &mut self.health
            {
                monitor.read_output(now);
            }
            if self.may_check()
                && let Some(monitor) = &mut self.health
                && let Some(judgement) = monitor.advance(now, |line| duties.probe(line))
            {
                duties.judged(judgement);
            }
            self.serve(ready);
            self.allowance
                .settle(Instant::now(), self.log.take_logged(), || duties.cap());
        }
    }

    /// Serves clients for `delay` without a container; `false` when it was asked to stop
    /// meanwhile, or a client's signal or Ctrl-C ended the waiting.
    pub(super) fn wait_for(&mut self, delay: Duration) -> bool {
        let until = Instant::now() + delay;
        self.drop_typed();
        while Instant::now() < until && !self.stop_requested {
            let ready = self.wait(Some(until));
            self.serve(ready);
        }
        !self.stop_requested
    }

    /// Sleeps until something can be done, at most until `until`. While something is owed, only
    /// what is not the container's to cause is waited for.
    pub(crate) fn wait(&mut self, until: Option<Instant>) -> Ready {
        let now = Instant::now();
        let owes = self.allowance.paid_at().filter(|at| *at > now);
        let hears = owes.is_none() || now >= self.clients_at;
        if hears {
            self.clients_at = now + CLIENT_INTERVAL;
        }
        let rests = self.rest_until.filter(|at| *at > now);
        let deaf = self.accept_again_at.filter(|at| *at > now);
        let mut fds = vec![PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
        let listener_at = fds.len();
        fds.extend(
            (hears && deaf.is_none())
                .then(|| PollFd::new(self.listener.as_fd(), PollFlags::POLLIN)),
        );
        let clients_from = fds.len();
        if hears {
            fds.extend(
                self.clients
                    .all()
                    .iter()
                    .map(|client| PollFd::new(client.socket.as_fd(), client.waits_for())),
            );
        }
        let outputs_from = fds.len();
        if owes.is_none() && rests.is_none() && !self.clients.is_blocked() {
            fds.extend(
                self.outputs
                    .iter()
                    .map(|o| PollFd::new(o.fd.as_fd(), PollFlags::POLLIN)),
            );
        }
        let outputs_to = fds.len();
        fds.extend(
            self.init
                .iter()
                .map(|init| PollFd::new(init.as_fd(), PollFlags::POLLIN)),
        );
        fds.extend(
            self.health
                .iter()
                .filter_map(HealthMonitor::fd)
                .map(|fd| PollFd::new(fd, PollFlags::POLLIN)),
        );
        let pressure_at = fds.len();
        fds.extend(
            self.pressure
                .iter()
                .map(|pressure| PollFd::new(pressure.as_fd(), PollFlags::POLLPRI)),
        );
        let check_output_at = fds.len();
        let check_output = self
            .health
            .as_ref()
            .filter(|_| owes.is_none())
            .and_then(|monitor| monitor.output(now));
        let reads_check = check_output.is_some();
        fds.extend(check_output.map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
        if !self.input.is_empty()
            && hears
            && let Some(stdin) = &self.stdin
        {
            fds.push(PollFd::new(stdin.as_fd(), PollFlags::POLLOUT));
        }
        let check_at = self
            .init
            .as_ref()
            .and(self.health.as_ref())
            .filter(|_| self.may_check())
            .map(HealthMonitor::deadline);
        let check_rests = self.health.as_ref().and_then(|check| check.rest(now));
        let heard_at = owes.map(|_| self.clients_at);
        let patience = self.clients.next_timeout();
        let deadlines = [
            until,
            self.kill_at,
            check_at,
            self.settles_at,
            owes,
            heard_at,
            rests.filter(|_| owes.is_none()),
            check_rests.filter(|_| owes.is_none()),
            deaf,
            patience,
            self.log.due(),
        ];
        let timeout = deadlines
            .into_iter()
            .flatten()
            .min()
            .map_or(PollTimeout::NONE, |at| {
                let left = at
                    .saturating_duration_since(Instant::now())
                    .as_millis()
                    .min(60_000) as i32;
                PollTimeout::try_from(left + 1).unwrap_or(PollTimeout::ZERO)
            });
        if poll(&mut fds, timeout).is_err() {
            return Ready::default();
        }
        let hit = |index: usize| fds[index].revents().is_some_and(|r| !r.is_empty());
        let indices =
            |from: usize, to: usize| (from..to).filter(|i| hit(*i)).map(|i| i - from).collect();
        let pressure = fds
            .get(pressure_at)
            .filter(|_| self.pressure.is_some())
            .and_then(PollFd::revents)
            .unwrap_or(PollFlags::empty());
        Ready {
            pressed: pressure.contains(PollFlags::POLLPRI)
                && !pressure.contains(PollFlags::POLLERR),
            pressure_gone: pressure.contains(PollFlags::POLLERR),
            terminate: hit(0),
            check_output: reads_check && hit(check_output_at),
            listener: clients_from > listener_at && hit(listener_at),
            clients: indices(clients_from, outputs_from),
            outputs: indices(outputs_from, outputs_to),
            init: self.init.is_some() && hit(outputs_to),
        }
    }
}
