//! What the supervisor's loop sleeps for.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::health::HealthMonitor;
use super::relay::Relay;

/// How often clients are heard while something is owed: a wish to stop does not wait for that.
const HEARD_EVERY: Duration = Duration::from_millis(100);

/// What poll found.
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

impl Relay {
    /// Sleeps until something can be done, at most until `until`. While something is owed, only
    /// what is not the container's to cause is waited for.
    pub(crate) fn wait(&mut self, until: Option<Instant>) -> Ready {
        let now = Instant::now();
        let owes = self.allowance.paid_at().filter(|at| *at > now);
        let hears = owes.is_none() || now >= self.hear_at;
        if hears {
            self.hear_at = now + HEARD_EVERY;
        }
        let rests = self.rest_until.filter(|at| *at > now);
        let deaf = self.deaf_until.filter(|at| *at > now);
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
        if owes.is_none() && rests.is_none() && !self.clients.hold_back() {
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
        let heard_at = owes.map(|_| self.hear_at);
        let patience = self.clients.patience_ends();
        let deadlines = [
            until,
            self.kill_at,
            check_at,
            self.settles_at,
            owes,
            heard_at,
            rests.filter(|_| owes.is_none()),
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
            listener: clients_from > listener_at && hit(listener_at),
            clients: indices(clients_from, outputs_from),
            outputs: indices(outputs_from, outputs_to),
            init: self.init.is_some() && hit(outputs_to),
        }
    }
}
