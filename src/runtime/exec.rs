//! Executing a command in a running container: its namespaces, its cgroup, its environment and
//! restrictions.

use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use serde::{Deserialize, Serialize};

use super::confinement::Confinement;
use super::exec_console::ExecConsole;
use super::exec_join::{ExecPlan, join};
use super::exec_pipes::{self, FarEnds, NearEnds};
use super::health::Probe;
use super::plan::command;
use super::restrict::restrictions;
use super::step::{Step, StepReport};
use super::ulimits::Ulimits;
use super::{LaunchError, Runtime, oom, terminal};
use crate::cgroup::{Cgroup, CgroupError, Parent};
use crate::record::{self, Process, Record};
use crate::security::selinux::Labels;
use crate::spec::{ContainerSpec, User};
use crate::sys::clone::{Cloned, clone3};
use crate::sys::process::Title;
use crate::sys::program::{self, ReadOnlyView};
use crate::sys::{pidfd, process, seqpacket, tty};

/// First byte of the message that carries the command's pidfd.
pub(super) const COMMAND: u8 = b'P';
/// First byte of the message with the command's exit code.
pub(super) const ENDED: u8 = b'E';
/// First byte of the message with a [`LaunchError`] as JSON.
pub(super) const FAILED: u8 = b'J';

/// What to execute.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecOrder {
    /// Command and arguments.
    pub argv: Vec<String>,
    /// Added to the container's environment, `KEY=value`.
    pub env: Vec<String>,
    /// Working directory inside the container; its own when `None`.
    pub workdir: Option<String>,
    /// Who it runs as; the container's own user when `None`.
    pub user: Option<User>,
    /// With a terminal of the container's.
    pub tty: bool,
    /// With our standard input.
    pub interactive: bool,
}

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

/// A process that joins the container and executes the command.
pub(super) struct Begun {
    /// Its messages come out of this.
    pub socket: OwnedFd,
    /// To be kept until the first of the messages: that process would have to wait for the kernel
    /// to take it away otherwise.
    pub view: ReadOnlyView,
    /// Our ends of the command's streams; `None` when it has a terminal.
    pub streams: Option<NearEnds>,
}

/// Forks the process that joins the container and executes the command. `leave` is called in that
/// process, to give up what it inherited and must not keep.
///
/// # Errors
/// When there is no such container any more, or this process cannot fork.
pub(super) fn begin(
    runtime: &Runtime,
    record: &Record,
    target: &Process,
    order: &ExecOrder,
    leave: impl FnOnce(),
) -> Result<Begun, LaunchError> {
    let spec = &record.spec;
    let (mut plan, labels) = plan(runtime, record, order)?;
    let mut streams = None;
    if !order.tty {
        let (theirs, ours) = exec_pipes::make(spec, plan.user, labels.as_ref(), order.interactive)?;
        (plan.streams, streams) = (theirs, Some(ours));
    }
    let init = pidfd::open(target.pid).map_err(LaunchError::io("open the container's init"))?;
    // only now is the number tied to a process: is it still the one that was recorded?
    if !record::is_alive(target) {
        return Err(LaunchError::plain("the container has just ended"));
    }
    let cgroup = Target::find(&open_cgroup(runtime, spec), None)?;
    let view = program::make_read_only().map_err(LaunchError::io(
        "put our program out of the container's reach",
    ))?;
    let (ours, theirs) = seqpacket::pair().map_err(LaunchError::nix("make the exec socket"))?;
    LaunchError::at("exec.fork")?;
    match cgroup.clone_into().map_err(LaunchError::io("fork"))? {
        Cloned::Child => {
            drop(ours);
            leave();
            process::exit_now(join(&plan, spec, &cgroup, init.as_fd(), theirs.as_fd()))
        }
        Cloned::Parent { .. } => {
            LaunchError::at("exec.watch")?;
            Ok(Begun {
                socket: ours,
                view,
                streams,
            })
        }
    }
}

/// Starts a shell line in the container, without streams and in a cgroup of its own; its exit code
/// is the line's. For a process with one thread. The line dies when that process is killed.
pub(super) fn start_probe(
    runtime: &Runtime,
    record: &Record,
    init: BorrowedFd<'_>,
    line: &str,
) -> Option<Probe> {
    let order = ExecOrder {
        argv: vec!["/bin/sh".into(), "-c".into(), line.into()],
        ..ExecOrder::default()
    };
    // nobody reads the reports, the exit code says enough
    let (far_end, reports) = seqpacket::pair().ok()?;
    let (plan, _) = plan(runtime, record, &order).ok()?;
    let plan = ExecPlan {
        dies_with_parent: true,
        far_end: Some(far_end),
        ..plan
    };
    let spec = &record.spec;
    let container = open_cgroup(runtime, spec);
    let group = container.make_probe().ok()?;
    let cgroup = Target::find(&container, Some(&group)).ok()?;
    match cgroup.clone_into().ok()? {
        Cloned::Child => process::exit_now(join(&plan, spec, &cgroup, init, reports.as_fd())),
        Cloned::Parent { pidfd, .. } => Some(Probe::new(pidfd, Some((group, container)))),
    }
}

fn open_cgroup(runtime: &Runtime, spec: &ContainerSpec) -> Cgroup {
    Cgroup::open(
        &runtime.layout,
        &Parent {
            name: runtime.store.cgroup_parent(),
        },
        &spec.id,
    )
}

/// The container's cgroup, ready to be entered: born into the v2 folder, joining the v1 ones.
pub(super) struct Target {
    v2: Option<OwnedFd>,
    pub v1: Vec<OwnedFd>,
}

impl Target {
    /// That of the container, or `group` below it.
    fn find(container: &Cgroup, group: Option<&Cgroup>) -> Result<Self, LaunchError> {
        let plain = |e: CgroupError| LaunchError::plain(e.to_string());
        let mut target = Self {
            v2: container.v2_dir_fd().map_err(plain)?,
            v1: container.v1_tasks().map_err(plain)?,
        };
        if let Some(group) = group {
            target.v2 = group.v2_dir_fd().map_err(plain)?.or(target.v2);
            target.v1.extend(group.v1_tasks().map_err(plain)?);
        }
        Ok(target)
    }

    fn clone_into(&self) -> std::io::Result<Cloned> {
        clone3(0, self.v2.as_ref().map(AsFd::as_fd))
    }
}

/// A failed step of an exec in words.
pub(super) fn explain(spec: &ContainerSpec, order: &ExecOrder, report: StepReport) -> LaunchError {
    let errno = Errno::from_raw(report.errno);
    match report.step {
        Step::Exec => LaunchError::command(order.argv.first().map_or("", String::as_str), errno),
        Step::Workdir => {
            let folder = order.workdir.as_deref().unwrap_or(&spec.cwd);
            match errno {
                Errno::EXDEV => LaunchError::plain(format!(
                    "the working directory {folder:?} leads out of the container"
                )),
                _ => LaunchError::own(
                    format!("cannot enter the working directory {folder:?}"),
                    errno,
                ),
            }
        }
        Step::Session => LaunchError::own("cannot make a session, and a keyring for it", errno),
        Step::Terminal => LaunchError::own("cannot open a terminal in the container", errno),
        Step::Stdio => LaunchError::own(
            "cannot use /dev/null of the container, which is not a null device of its own (-i does without)",
            errno,
        ),
        Step::Reaper => LaunchError::own(
            "cannot fork in the container (its pids limit may be used up, or its seccomp profile or --ulimit nproc forbid it)",
            errno,
        ),
        step => LaunchError::own(format!("cannot join the container (step {step:?})"), errno),
    }
}

/// All but the streams; and the labels that those must have.
fn plan(
    runtime: &Runtime,
    record: &Record,
    order: &ExecOrder,
) -> Result<(ExecPlan, Option<Labels>), LaunchError> {
    let spec = &record.spec;
    let mut env = spec.env.clone();
    for pair in &order.env {
        let key = pair.split_once('=').map_or(pair.as_str(), |(key, _)| key);
        env.retain(|old| old.split_once('=').is_none_or(|(k, _)| k != key));
        env.push(pair.clone());
    }
    if order.tty && !env.iter().any(|e| e.starts_with("TERM=")) {
        env.push("TERM=xterm".into());
    }
    let user = order.user.unwrap_or(spec.user);
    if let Some(ids) = spec.ids {
        ids.check(user)
            .map_err(|error| LaunchError::plain(error.to_string()))?;
    }
    let cwd = order.workdir.as_deref().unwrap_or(&spec.cwd);
    let Confinement { labels, label, .. } = Confinement::of_running(record)?;
    let plan = ExecPlan {
        command: command(&order.argv, &env)?,
        cwd: CString::new(cwd)
            .map_err(|_| LaunchError::plain(format!("{cwd:?} has a NUL byte")))?,
        restrictions: restrictions(runtime, spec, label)?,
        user,
        ulimits: Ulimits::of(spec)?,
        tty: order.tty,
        window: if order.tty {
            tty::window_size(0).ok()
        } else {
            None
        },
        streams: FarEnds::default(),
        dies_with_parent: false,
        far_end: None,
        oom_score_adj: oom::of_container(spec),
        title: Title::find(),
    };
    Ok((plan, labels))
}
