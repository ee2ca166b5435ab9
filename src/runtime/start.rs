//! From a record to an executing command: cgroup, plan, clone, the handshake with init.

use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;

use nix::fcntl::OFlag;

use super::plan::{InitPlan, NetworkPlan, Stdio};
use super::shared::{Shared, clone_beside};
use super::step::{GO, MARKER, REPORT, StepReport, TERMINAL};
use super::{LaunchError, Runtime, StartOrder, init, oom};
use crate::cgroup::{Cgroup, Parent};
use crate::namespace;
use crate::record::{Record, Store};
use crate::rootfs::{RootfsPaths, RootfsPlan};
use crate::spec::{ContainerSpec, NetworkMode};
use crate::sys::clone::{Cloned, clone3};
use crate::sys::{pidfd, process, seqpacket};

/// A container whose command was executed.
#[derive(Debug)]
pub struct Started {
    /// Its init, in the host's pid namespace.
    pub pid: i32,
    /// Refers to it.
    pub pidfd: OwnedFd,
    /// Our ends of its streams.
    pub streams: Streams,
    /// Where an init that stays as PID 1 writes the command's wait status.
    pub wait_status: Option<OwnedFd>,
}

/// Our ends of a container's streams.
#[derive(Debug)]
pub enum Streams {
    /// Three pipes; no stdin when nobody may write to it.
    Pipes {
        /// Writing end of its standard input.
        stdin: Option<OwnedFd>,
        /// Reading end of its standard output.
        stdout: OwnedFd,
        /// Reading end of its standard error.
        stderr: OwnedFd,
    },
    /// The master of its terminal.
    Terminal(OwnedFd),
}

/// The cgroup of a container, with its limits written before any process is in it.
///
/// # Errors
/// Which file could not be written, and why.
pub fn make_cgroup(runtime: &Runtime, spec: &ContainerSpec) -> Result<Cgroup, LaunchError> {
    let parent = Parent { name: runtime.store.cgroup_parent() };
    Cgroup::create(&runtime.layout, &parent, &spec.id, &spec.limits, spec.best_effort).map_err(|e| LaunchError::plain(e.to_string()))
}

/// Starts the command in `cgroup`; `open_stdin` leaves its standard input to attached clients.
///
/// # Errors
/// Which step failed and why; the process is gone then.
pub fn start(runtime: &Runtime, order: &StartOrder, record: &Record, cgroup: &Cgroup, open_stdin: bool) -> Result<Started, LaunchError> {
    let spec = &record.spec;
    LaunchError::at("supervisor.plan")?;
    let (theirs, streams) = streams(spec, open_stdin)?;
    let (status_reader, status_writer) = if spec.init {
        let (reader, writer) = pipe()?;
        (Some(reader), Some(writer))
    } else {
        (None, None)
    };
    let shared = Shared::find(&runtime.store, spec)?;
    let network = match (&spec.network, shared.network) {
        (NetworkMode::Container(_), Some(target)) => NetworkPlan::Join(target),
        (NetworkMode::Host, _) => NetworkPlan::Host,
        _ => NetworkPlan::Own,
    };
    let tasks = cgroup.v1_tasks().map_err(|e| LaunchError::plain(e.to_string()))?;
    let plan = InitPlan::new(spec, tasks, rootfs(&runtime.store, order, spec)?, theirs, status_writer, network)?;
    LaunchError::at("supervisor.clone")?;
    let (ours, inits) = seqpacket::pair().map_err(LaunchError::nix("make init's socket"))?;
    let cgroup_folder = cgroup.v2_dir_fd().map_err(|e| LaunchError::plain(e.to_string()))?;
    let cloned = clone_beside(shared.processes, || clone3(namespace::clone_flags(spec), cgroup_folder.as_ref().map(AsFd::as_fd)))?;
    let (pid, pidfd) = match cloned.map_err(LaunchError::io("clone into new namespaces"))? {
        Cloned::Child => {
            drop(ours);
            init::run(&plan, inits.as_fd())
        }
        Cloned::Parent { pid, pidfd } => (pid, pidfd),
    };
    drop(inits);
    match LaunchError::at("supervisor.adjust").and_then(|()| adjust(spec, pid)).and_then(|()| handshake(&plan, cgroup, &ours)) {
        Ok(master) => {
            let streams = match (streams, master) {
                (Some(pipes), _) => pipes,
                (None, Some(master)) => Streams::Terminal(master),
                (None, None) => return Err(LaunchError::plain("init sent no terminal")),
            };
            Ok(Started { pid, pidfd, streams, wait_status: status_reader })
        }
        Err(error) => {
            // whatever state it is in, it must not outlive the failure; it is our child, so this reaps it
            let _ = pidfd::send_signal(pidfd.as_fd(), nix::libc::SIGKILL);
            let _ = pidfd::reap(pidfd.as_fd());
            Err(error)
        }
    }
}

/// What the parent sets on the child: resource limits, niceness, and how soon the kernel kills it for want of memory.
fn adjust(spec: &ContainerSpec, pid: i32) -> Result<(), LaunchError> {
    for limit in &spec.ulimits {
        let hint = if limit.hard == u64::MAX { " (raising it takes CAP_SYS_RESOURCE)" } else { "" };
        let step = || format!("set the ulimit {}{hint}", limit.name());
        process::set_limit(pid, limit.resource, limit.soft, limit.hard).map_err(|errno| LaunchError::own(step(), errno))?;
    }
    if let Some(nice) = spec.nice {
        process::set_nice(pid, nice.into()).map_err(LaunchError::nix(format!("set the nice value {nice}")))?;
    }
    if let Some(score) = oom::of_container(spec) {
        let file = format!("/proc/{pid}/oom_score_adj");
        std::fs::write(file, score.to_string()).map_err(LaunchError::io(format!("set oom_score_adj to {score}")))?;
    }
    Ok(())
}

/// "go"; then a terminal, a report, or the marker and the end of the socket, which means that execve succeeded.
fn handshake(plan: &InitPlan, cgroup: &Cgroup, socket: &OwnedFd) -> Result<Option<OwnedFd>, LaunchError> {
    LaunchError::at("supervisor.go")?;
    seqpacket::send(socket.as_fd(), &[GO], true).map_err(LaunchError::nix("start init"))?;
    LaunchError::at("supervisor.listen_to_init")?;
    let (mut master, mut marked) = (None, false);
    let mut message = [0; 16];
    loop {
        let (length, fd) = seqpacket::receive_with_fd(socket.as_fd(), &mut message).map_err(LaunchError::nix("hear from init"))?;
        match message[..length].first() {
            None if marked => return Ok(master),
            None => return Err(died_in_setup(cgroup)),
            Some(&TERMINAL) => master = fd,
            Some(&MARKER) => marked = true,
            Some(&REPORT) => {
                let report = StepReport::decode(&message[..length]);
                return Err(report.map_or_else(|| LaunchError::plain("init's report is not one"), |r| plan.explain(r)));
            }
            Some(_) => return Err(LaunchError::plain("init said something unknown")),
        }
    }
}

fn died_in_setup(cgroup: &Cgroup) -> LaunchError {
    match cgroup.oom_kills() {
        Some(1..) => LaunchError::plain("the memory limit is too small to set the container up (the kernel killed it for want of memory)"),
        _ => LaunchError::plain("the container's init was killed while it set the container up"),
    }
}

fn rootfs(store: &Store, order: &StartOrder, spec: &ContainerSpec) -> Result<RootfsPlan, LaunchError> {
    let paths = RootfsPaths::new(&store.container(&spec.id), &order.image);
    RootfsPlan::new(spec, &paths).map_err(|e| LaunchError::plain(e.to_string()))
}

/// The container's ends and ours. A terminal is made by init, in the container's own devpts.
fn streams(spec: &ContainerSpec, open_stdin: bool) -> Result<(Option<Stdio>, Option<Streams>), LaunchError> {
    if spec.tty {
        return Ok((None, None));
    }
    let (stdin, writer) = if open_stdin {
        let (reader, writer) = pipe()?;
        (reader, Some(writer))
    } else {
        (null().map_err(LaunchError::io("open /dev/null"))?, None)
    };
    let (out_reader, stdout) = pipe()?;
    let (err_reader, stderr) = pipe()?;
    Ok((Some(Stdio { stdin, stdout, stderr }), Some(Streams::Pipes { stdin: writer, stdout: out_reader, stderr: err_reader })))
}

fn pipe() -> Result<(OwnedFd, OwnedFd), LaunchError> {
    nix::unistd::pipe2(OFlag::O_CLOEXEC).map_err(LaunchError::nix("make a pipe"))
}

fn null() -> io::Result<OwnedFd> {
    OpenOptions::new().read(true).write(true).custom_flags(OFlag::O_CLOEXEC.bits()).open("/dev/null").map(Into::into)
}
