//! Executing a command in a running container: its namespaces, its cgroup, its environment and restrictions.

use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd::{Uid, fchown};
use serde::{Deserialize, Serialize};

use super::confinement::Confinement;
use super::exec_console::ExecConsole;
use super::exec_pipes::{ExecPipes, NearEnds};
use super::plan::command;
use super::restrict::restrictions;
use super::step::{MARKER, Step, StepReport, TERMINAL};
use super::ulimits::Ulimits;
use super::{LaunchError, Runtime, oom, terminal};
use crate::cgroup::{self, Cgroup, CgroupError, Parent};
use crate::namespace;
use crate::record::{self, Process, Record};
use crate::security::Restrictions;
use crate::security::selinux::Labels;
use crate::spec::{ContainerSpec, User};
use crate::sys::clone::{Cloned, clone3};
use crate::sys::exec::ExecImage;
use crate::sys::pidfd::{self, Ended};
use crate::sys::program::ReadOnlyView;
use crate::sys::tty::WindowSize;
use crate::sys::{fault, fds, process, program, reaper, seqpacket, tty};

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

/// Everything the joining process needs, allocated before it joins.
struct ExecPlan {
    command: ExecImage,
    cwd: CString,
    restrictions: Restrictions,
    user: User,
    ulimits: Ulimits,
    tty: bool,
    /// The size of the caller's terminal: the command's first look at its own must find it.
    window: Option<WindowSize>,
    null_stdin: Option<OwnedFd>,
    labels: Option<Labels>,
    /// What the command has instead of the caller's own streams.
    pipes: Option<ExecPipes>,
    dies_with_parent: bool,
    /// The far end of the socket, where nobody else holds it: sending would fail without one.
    far_end: Option<OwnedFd>,
    oom_score_adj: Option<i32>,
}

/// Executes a command in the container whose init is `target`, with our standard streams, and waits for its end.
/// Returns its exit code as `run` does: its own, or 128+N for signal N.
///
/// # Errors
/// When the container cannot be joined, or the command is not found (code 127) or not executable (126).
pub fn exec(runtime: &Runtime, record: &Record, target: &Process, order: &ExecOrder) -> Result<i32, LaunchError> {
    let signals = terminal::passed_on_signals().map_err(LaunchError::nix("watch for signals"))?;
    let Begun { socket, view, pipes } = begin(runtime, record, target, order, || ())?;
    let carrying = pipes.map(NearEnds::carry).transpose()?;
    let console = ExecConsole { socket, signals, explain: &|report| explain(&record.spec, order, report) };
    let code = console.pass_through(order.tty, view);
    if let Some(carrying) = carrying {
        carrying.finish();
    }
    code
}

/// A process that joins the container and executes the command.
pub(super) struct Begun {
    /// Its messages come out of this.
    pub socket: OwnedFd,
    /// To be kept until the first of the messages: that process would have to wait for the kernel to take it away otherwise.
    pub view: ReadOnlyView,
    /// Our ends of the command's streams, where they are not our own.
    pub pipes: Option<NearEnds>,
}

/// Forks the process that joins the container and executes the command. `leave` is called in that process, to give up what it inherited and
/// must not keep.
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
    let mut plan = plan(runtime, record, order)?;
    if let Some(labels) = plan.labels.as_ref().filter(|_| !order.tty) {
        plan.pipes = Some(ExecPipes::new(labels, order.interactive)?);
    }
    let init = pidfd::open(target.pid).map_err(LaunchError::io("open the container's init"))?;
    // only now is the number tied to a process: is it still the one that was recorded?
    if !record::is_alive(target) {
        return Err(LaunchError::plain("the container has just ended"));
    }
    let cgroup = Target::find(runtime, spec)?;
    let view = program::make_read_only().map_err(LaunchError::io("put our program out of the container's reach"))?;
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
            Ok(Begun { socket: ours, view, pipes: plan.pipes.map(|pipes| pipes.ours) })
        }
    }
}

/// Starts a shell line in the container, without streams, and returns its process; its exit code is the line's. For a
/// process with one thread. The line dies when that process is killed.
pub(super) fn start_probe(runtime: &Runtime, record: &Record, init: BorrowedFd<'_>, line: &str) -> Option<OwnedFd> {
    let order = ExecOrder { argv: vec!["/bin/sh".into(), "-c".into(), line.into()], ..ExecOrder::default() };
    // nobody reads the reports, the exit code says enough
    let (far_end, reports) = seqpacket::pair().ok()?;
    let plan = ExecPlan { dies_with_parent: true, far_end: Some(far_end), ..plan(runtime, record, &order).ok()? };
    let spec = &record.spec;
    let cgroup = Target::find(runtime, spec).ok()?;
    match cgroup.clone_into().ok()? {
        Cloned::Child => process::exit_now(join(&plan, spec, &cgroup, init, reports.as_fd())),
        Cloned::Parent { pidfd, .. } => Some(pidfd),
    }
}

/// The container's cgroup, ready to be entered: born into the v2 folder, joining the v1 ones.
struct Target {
    v2: Option<OwnedFd>,
    v1: Vec<OwnedFd>,
}

impl Target {
    fn find(runtime: &Runtime, spec: &ContainerSpec) -> Result<Self, LaunchError> {
        let cgroup = Cgroup::open(&runtime.layout, &Parent { name: runtime.store.cgroup_parent() }, &spec.id);
        let plain = |e: CgroupError| LaunchError::plain(e.to_string());
        Ok(Self { v2: cgroup.v2_dir_fd().map_err(plain)?, v1: cgroup.v1_tasks().map_err(plain)? })
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
                Errno::EXDEV => LaunchError::plain(format!("the working directory {folder:?} leads out of the container")),
                _ => LaunchError::own(format!("cannot enter the working directory {folder:?}"), errno),
            }
        }
        Step::Terminal => LaunchError::own("cannot open a terminal in the container", errno),
        step => LaunchError::own(format!("cannot join the container (step {step:?})"), errno),
    }
}

fn plan(runtime: &Runtime, record: &Record, order: &ExecOrder) -> Result<ExecPlan, LaunchError> {
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
        ids.check(user).map_err(|error| LaunchError::plain(error.to_string()))?;
    }
    let cwd = order.workdir.as_deref().unwrap_or(&spec.cwd);
    let Confinement { labels, label, .. } = Confinement::of_running(record)?;
    let null = || nix::fcntl::open("/dev/null", OFlag::O_RDONLY | OFlag::O_CLOEXEC, nix::sys::stat::Mode::empty());
    Ok(ExecPlan {
        command: command(&order.argv, &env)?,
        cwd: CString::new(cwd).map_err(|_| LaunchError::plain(format!("{cwd:?} has a NUL byte")))?,
        restrictions: restrictions(runtime, spec, label)?,
        user,
        ulimits: Ulimits::of(spec)?,
        tty: order.tty,
        window: if order.tty { tty::window_size(0).ok() } else { None },
        null_stdin: if order.interactive || order.tty { None } else { Some(null().map_err(LaunchError::nix("open /dev/null"))?) },
        labels,
        pipes: None,
        dies_with_parent: false,
        far_end: None,
        oom_score_adj: oom::of_container(spec),
    })
}

/// The joining process: into the cgroup, into the namespaces, then the command as a child, because a pid namespace is
/// entered by children only (setns(2)). It is never visible inside: it is not in the container's pid namespace itself.
fn join(plan: &ExecPlan, spec: &ContainerSpec, cgroup: &Target, init: BorrowedFd<'_>, socket: BorrowedFd<'_>) -> i32 {
    let joined = || -> Result<i32, LaunchError> {
        // the terminal's signals are the command's business, which the caller passes on
        nix::unistd::setsid().map_err(LaunchError::nix("make a session"))?;
        process::set_undumpable().map_err(LaunchError::nix("become undumpable"))?;
        if let Some(score) = plan.oom_score_adj {
            std::fs::write("/proc/self/oom_score_adj", score.to_string()).map_err(LaunchError::io("set oom_score_adj"))?;
        }
        plan.ulimits.make_room()?;
        LaunchError::at("exec.cgroup")?;
        cgroup::join(&cgroup.v1).map_err(LaunchError::nix("join the container's cgroups"))?;
        LaunchError::at("exec.close")?;
        // whatever the caller had open, nothing of it comes along into the container
        let number = |fd: &Option<OwnedFd>| fd.as_ref().map_or(-1, AsRawFd::as_raw_fd);
        let [stdin, stdout, stderr] = plan.pipes.as_ref().map_or([-1; 3], |pipes| pipes.theirs.each_ref().map(number));
        fds::keep_only([init.as_raw_fd(), socket.as_raw_fd(), number(&plan.null_stdin), number(&plan.far_end), stdin, stdout, stderr])
            .map_err(LaunchError::nix("close the caller's descriptors"))?;
        // while /proc is the host's
        plan.restrictions.label().map_err(LaunchError::nix("name the AppArmor profile or SELinux label"))?;
        LaunchError::at("exec.namespaces")?;
        namespace::join(init, spec).map_err(LaunchError::nix("join the container's namespaces"))?;
        LaunchError::at("exec.command")?;
        reaper::fork_from_init().map_err(LaunchError::nix("fork in the container"))
    };
    let command = match joined() {
        Ok(0) => become_command(plan, socket),
        Ok(pid) => pidfd::open(pid).map_err(LaunchError::io("open the command's process")),
        Err(error) => Err(error),
    };
    let last_word = match &command {
        Ok(command) => {
            let _ = seqpacket::send_with_fd(socket, &[COMMAND], command.as_fd());
            // failing here would say nothing; being killed here is what tests want
            let _ = LaunchError::at("exec.reap");
            match pidfd::reap(command.as_fd()) {
                Ok(Ended::Exited(code)) => vec![ENDED, code as u8],
                Ok(Ended::Signaled(signal)) => vec![ENDED, 128 + signal as u8],
                Err(_) => vec![ENDED, 125],
            }
        }
        Err(error) => [&[FAILED], serde_json::to_vec(error).unwrap_or_default().as_slice()].concat(),
    };
    let _ = seqpacket::send(socket, &last_word, true);
    match last_word[..] {
        [ENDED, code] => code.into(),
        _ => 125,
    }
}

fn become_command(plan: &ExecPlan, socket: BorrowedFd<'_>) -> ! {
    let at = |step: Step| move |errno: Errno| StepReport::new(step, errno);
    let reached = |step: Step| fault::at_nth("exec.init", step as u16).map_err(at(step));
    let set_up = || -> Result<(), StepReport> {
        reached(Step::Session)?;
        nix::unistd::setsid().map_err(at(Step::Session))?;
        if plan.tty {
            let master = tty::open_master().map_err(at(Step::Terminal))?;
            let slave = tty::open_slave(master.as_fd()).map_err(at(Step::Terminal))?;
            fchown(&slave, Some(Uid::from_raw(plan.user.uid)), None).map_err(at(Step::Terminal))?;
            if let Some(size) = plan.window {
                tty::set_window_size(slave.as_fd(), size).map_err(at(Step::Terminal))?;
            }
            tty::take_control(slave.as_fd()).map_err(at(Step::Terminal))?;
            seqpacket::send_with_fd(socket, &[TERMINAL], master.as_fd()).map_err(at(Step::Terminal))?;
            (0..3).try_for_each(|number| fds::place(slave.as_raw_fd(), number)).map_err(at(Step::Terminal))?;
        } else if let Some(null) = &plan.null_stdin {
            fds::place(null.as_raw_fd(), 0).map_err(at(Step::Stdio))?;
        }
        for (number, end) in (0..).zip(plan.pipes.iter().flat_map(|pipes| &pipes.theirs)) {
            end.as_ref().map_or(Ok(()), |end| fds::place(end.as_raw_fd(), number)).map_err(at(Step::Stdio))?;
        }
        // from here on a hostile container finds no descriptor of the host's in this process but the caller's streams and the socket
        fds::keep_only([socket.as_raw_fd()]).map_err(at(Step::Stdio))?;
        reached(Step::Workdir)?;
        super::init::enter(&plan.cwd).map_err(at(Step::Workdir))?;
        plan.ulimits.apply().map_err(at(Step::Ulimits))?;
        reached(Step::Restrict)?;
        plan.restrictions.apply(plan.user.uid, plan.user.gid).map_err(at(Step::Restrict))?;
        process::reset_signals();
        if plan.dies_with_parent {
            // after the ids have changed, which takes it back (prctl(2))
            process::set_parent_death_signal(nix::libc::SIGKILL).map_err(at(Step::Restrict))?;
        }
        fds::cloexec_from(3).map_err(at(Step::Marker))?;
        reached(Step::Marker)?;
        seqpacket::send(socket, &[MARKER], true).map_err(at(Step::Marker))?;
        reached(Step::Exec)
    };
    let failure = set_up().err().unwrap_or_else(|| StepReport::new(Step::Exec, plan.command.exec()));
    let _ = seqpacket::send(socket, &failure.encode(), true);
    process::exit_now(125)
}
