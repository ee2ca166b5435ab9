//! The handshake of supervisor and init, until the command is executed.

use std::os::fd::{AsFd, OwnedFd};

use nix::errno::Errno;

use super::clock::StepClock;
use super::limits::{finish_cgroup, plain};
use crate::cgroup::{BegunCgroup, Cgroup};
use crate::rootfs::Sources;
use crate::runtime::LaunchError;
use crate::runtime::init::{
    CLOCKS, FRAME, GO, InitPlan, LIMITED, MARKER, NAMESPACES, REPORT, SUCCESSOR, StepReport,
    TERMINAL, TIMES,
};
use crate::spec::ContainerSpec;
use crate::sys::{fault, pidfd, seqpacket};

/// The supervisor's side.
#[derive(Debug)]
pub(super) struct Handshake<'a> {
    pub spec: &'a ContainerSpec,
    pub plan: &'a InitPlan,
    pub sources: &'a Sources,
    /// Init's number.
    pub pid: i32,
    /// What both send through.
    pub socket: &'a OwnedFd,
    /// What an init sends through that has entered the processes of another container.
    pub reports: Option<&'a OwnedFd>,
    pub clock: &'a mut StepClock,
}

/// A container whose command was executed.
#[derive(Debug)]
pub(super) struct SetUp {
    /// Its cgroup, with all limits.
    pub cgroup: Cgroup,
    /// The master of its terminal.
    pub terminal: Option<OwnedFd>,
    /// Who goes on as its init, where that is another process.
    pub successor: Option<Successor>,
}

/// The process that goes on as init among the processes of another container, a child of ours.
#[derive(Debug)]
pub(super) struct Successor {
    /// Its number.
    pub pid: i32,
    /// Refers to it.
    pub pidfd: OwnedFd,
}

impl Handshake<'_> {
    /// For an init that makes its namespaces itself: waits until it has.
    ///
    /// # Errors
    /// The step that failed.
    pub(super) fn wait_for_namespaces(&self) -> Result<(), LaunchError> {
        let mut message = [0; 128];
        let length = seqpacket::receive(self.socket.as_fd(), &mut message, true)
            .map_err(LaunchError::nix("receive from init"))?;
        match (&message[..length], StepReport::decode(&message[..length])) {
            ([NAMESPACES], _) => Ok(()),
            (_, Some(report)) => Err(self.plan.explain(report)),
            _ => Err(LaunchError::plain(
                "the container's init was killed while it made its namespaces",
            )),
        }
    }

    /// Lets init begin, with its root where we mounted that, finishes its cgroup meanwhile, and
    /// listens: to a terminal, a report, or the marker and the end of the socket, which means that
    /// execve succeeded.
    ///
    /// # Errors
    /// The step that failed.
    pub(super) fn run(
        mut self,
        root: Option<&OwnedFd>,
        begun: &mut BegunCgroup,
    ) -> Result<SetUp, LaunchError> {
        fault::may_fail("supervisor.go")?;
        let mut cgroup = None;
        if !self.plan.own_clocks {
            cgroup = Some(self.go(root, begun)?);
        }
        fault::may_fail("supervisor.listen_to_init")?;
        let (mut terminal, mut marked) = (None, false);
        let mut message = [0; 128];
        loop {
            let (length, fd) = seqpacket::receive_with_fd(self.socket.as_fd(), &mut message)
                .map_err(LaunchError::nix("receive from init"))?;
            match message[..length].first() {
                None if marked || self.reports.is_some() => break,
                None => return Err(died_in_setup(cgroup.as_ref())),
                Some(&CLOCKS) if cgroup.is_none() => {
                    set_clocks(self.spec, self.pid)?;
                    cgroup = Some(self.go(root, begun)?);
                }
                Some(&TERMINAL) => terminal = fd,
                Some(&TIMES) => self.clock.take_init(&message[..length]),
                Some(&MARKER) => marked = true,
                Some(&REPORT) => return Err(self.explain(&message[..length])),
                Some(_) => return Err(unknown_message()),
            }
        }
        let cgroup = cgroup.ok_or_else(unknown_message)?;
        let successor = match self.reports {
            Some(reports) if !marked => Some(self.receive_successor(reports, &cgroup)?),
            _ => None,
        };
        self.clock.done("execute the command");
        Ok(SetUp {
            cgroup,
            terminal,
            successor,
        })
    }

    /// Init begins, and joins its cgroups once they have their limits.
    fn go(
        &mut self,
        root: Option<&OwnedFd>,
        begun: &mut BegunCgroup,
    ) -> Result<Cgroup, LaunchError> {
        seqpacket::send_with_fds(
            self.socket.as_fd(),
            &[GO],
            root.as_slice().iter().map(AsFd::as_fd),
        )
        .map_err(LaunchError::nix("start init"))?;
        self.clock.go();
        fault::may_fail("supervisor.limits")?;
        let cgroup = finish_cgroup(self.spec, self.sources, begun)?;
        let tasks = cgroup.v1_tasks().map_err(plain)?;
        self.clock.done("make the cgroups and write their limits");
        fault::may_fail("supervisor.limited")?;
        let tasks = tasks.iter().map(AsFd::as_fd);
        match seqpacket::send_with_fds(self.socket.as_fd(), &[LIMITED], tasks) {
            // a step of init's has failed already, which is read next
            Ok(()) | Err(Errno::EPIPE) => Ok(cgroup),
            Err(errno) => Err(LaunchError::own("tell init to join its cgroups", errno)),
        }
    }

    /// What an init says that has entered the processes of another container: its successor; then
    /// as it would in its socket.
    fn receive_successor(
        &self,
        reports: &OwnedFd,
        cgroup: &Cgroup,
    ) -> Result<Successor, LaunchError> {
        let mut successor = None;
        let heard = self.receive_reports(reports, cgroup, &mut successor);
        match (heard, successor) {
            (Ok(()), Some(successor)) => Ok(successor),
            (Ok(()), None) => Err(unknown_message()),
            (Err(error), successor) => {
                if let Some(successor) = successor {
                    kill_and_reap(&successor.pidfd);
                }
                Err(error)
            }
        }
    }

    fn receive_reports(
        &self,
        reports: &OwnedFd,
        cgroup: &Cgroup,
        successor: &mut Option<Successor>,
    ) -> Result<(), LaunchError> {
        let mut marked = false;
        let mut frame = [0; FRAME];
        loop {
            match (nix::unistd::read(reports, &mut frame), frame[0]) {
                (Err(Errno::EINTR), _) => {}
                (Ok(FRAME), SUCCESSOR) => {
                    let [_, p0, p1, p2, p3, ..] = frame;
                    let pid = i32::from_le_bytes([p0, p1, p2, p3]);
                    let pidfd =
                        pidfd::open(pid).map_err(LaunchError::io("open the container's init"))?;
                    *successor = pidfd::is_child(pidfd.as_fd()).then_some(Successor { pid, pidfd });
                }
                (Ok(FRAME), MARKER) => marked = true,
                (Ok(FRAME), _) => return Err(self.explain(&frame)),
                _ if marked => return Ok(()),
                _ => return Err(died_in_setup(Some(cgroup))),
            }
        }
    }

    fn explain(&self, report: &[u8]) -> LaunchError {
        match StepReport::decode(report) {
            Some(report) => self.plan.explain(report),
            None => LaunchError::plain("invalid report from init"),
        }
    }
}

fn unknown_message() -> LaunchError {
    LaunchError::plain("unknown message from init")
}

/// Once init has made a time namespace and before it enters it.
fn set_clocks(spec: &ContainerSpec, pid: i32) -> Result<(), LaunchError> {
    let Some(clocks) = spec.clocks else {
        return Ok(());
    };
    let step = || "set the container's clocks (none may be before 0, nor beyond 146 years)";
    std::fs::write(format!("/proc/{pid}/timens_offsets"), clocks.lines())
        .map_err(LaunchError::io(step()))
}

fn died_in_setup(cgroup: Option<&Cgroup>) -> LaunchError {
    match cgroup.and_then(Cgroup::oom_kills) {
        Some(1..) => LaunchError::plain(
            "the memory limit is too small to set the container up (the kernel killed it: out of memory)",
        ),
        _ => LaunchError::plain("the container's init was killed while it set the container up"),
    }
}

/// Whatever state it is in, it must not outlive a failure; it is our child, so this reaps it.
pub(super) fn kill_and_reap(process: &OwnedFd) {
    let _ = pidfd::send_signal(process.as_fd(), nix::libc::SIGKILL);
    let _ = pidfd::reap(process.as_fd());
}
