//! From a record to an executing command: cgroup, plan, clone, the handshake with init.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use nix::errno::Errno;

use super::clock::StepClock;
use super::settings;
use super::shared::Shared;
use crate::cgroup::{Cgroup, CgroupError, DeviceRule, Parent, Unfinished};
use crate::namespace;
use crate::record::{Lacking, Record};
use crate::rootfs::{RootfsPaths, RootfsPlan, Sources, label_base, shifted_root, storage};
use crate::runtime::confinement::Confinement;
use crate::runtime::init::{
    CLOCKS, FRAME, GO, InitPlan, LIMITED, MARKER, NAMESPACES, REPORT, SUCCESSOR, SharedProcesses,
    Stdio, StepReport, TERMINAL, TIMES,
};
use crate::runtime::pipe::{give, pipe};
use crate::runtime::restrict::restrictions;
use crate::runtime::sources::open_sources;
use crate::runtime::{LaunchError, Runtime, StartOrder, init, oom};
use crate::security::relabel;
use crate::security::selinux::Labels;
use crate::spec::{ContainerSpec, Device, Relabel, Storage};
use crate::sys::clone::{Cloned, clone3};
use crate::sys::{pidfd, process, seqpacket};

/// A container whose command was executed.
#[derive(Debug)]
pub(super) struct Started {
    /// Its init, in the host's pid namespace.
    pub pid: i32,
    /// Refers to it.
    pub pidfd: OwnedFd,
    /// Our ends of its streams.
    pub streams: Streams,
    /// Where an init that stays as PID 1 writes the command's wait status.
    pub wait_status: Option<OwnedFd>,
    /// What of this host's security module it runs without.
    pub unconfined: Option<Lacking>,
}

/// Our ends of a container's streams.
#[derive(Debug)]
pub(super) enum Streams {
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

/// A container's cgroup as far as clone3 needs it; [`start`] makes the rest.
///
/// # Errors
/// Which folder could not be made, and why.
pub(super) fn begin_cgroup(
    runtime: &Runtime,
    spec: &ContainerSpec,
) -> Result<(Cgroup, Unfinished), LaunchError> {
    let parent = Parent {
        name: runtime.store.cgroup_parent(),
    };
    Cgroup::begin(
        &runtime.layout,
        &parent,
        &spec.id,
        &spec.limits,
        spec.best_effort,
    )
    .map_err(plain)
}

/// The rest of the cgroup, with every limit: while init mounts, and before it may execute anything.
/// Its v1 `tasks` files.
fn finish_cgroup(
    spec: &ContainerSpec,
    sources: &Sources,
    cgroup: &mut Cgroup,
    unfinished: Unfinished,
) -> Result<Vec<OwnedFd>, LaunchError> {
    cgroup.finish(unfinished).map_err(plain)?;
    if !spec.security.privileged {
        let restricted = allowed_devices(spec, sources)
            .and_then(|rules| cgroup.restrict_devices(&rules).map_err(plain));
        if let Err(error) = restricted {
            if !spec.best_effort {
                return Err(error);
            }
            cgroup.skip(error.to_string());
        }
    }
    cgroup.v1_tasks().map_err(plain)
}

fn plain(error: CgroupError) -> LaunchError {
    LaunchError::plain(error.to_string())
}

/// The devices that the spec shows inside, by number; the usual ones are allowed anyway.
fn allowed_devices(
    spec: &ContainerSpec,
    sources: &Sources,
) -> Result<Vec<DeviceRule>, LaunchError> {
    let rule = |(device, source): (&Device, &OwnedFd)| {
        let step = format!("look at the device {}", device.source.display());
        let found = source
            .try_clone()
            .and_then(|fd| std::fs::File::from(fd).metadata())
            .map_err(LaunchError::io(step))?;
        DeviceRule::of(&found, device.access)
            .ok_or_else(|| LaunchError::plain(format!("{} is no device", device.source.display())))
    };
    spec.devices
        .iter()
        .zip(&sources.devices)
        .map(rule)
        .collect()
}

/// Starts the command in `cgroup`, which it finishes; `open_stdin` leaves its standard input to
/// attached clients.
///
/// # Errors
/// Which step failed and why; the process is gone then.
pub(crate) fn start(
    runtime: &Runtime,
    order: &StartOrder,
    record: &Record,
    (cgroup, unfinished): (&mut Cgroup, Unfinished),
    open_stdin: bool,
    clock: &mut StepClock,
) -> Result<Started, LaunchError> {
    let spec = &record.spec;
    LaunchError::at("supervisor.plan")?;
    let Confinement {
        labels,
        label,
        lacks: unconfined,
    } = Confinement::of(spec)?;
    let (theirs, streams) = streams(spec, labels.as_ref(), open_stdin)?;
    let (status_reader, status_writer) = if spec.init {
        let (reader, writer) = pipe(None)?;
        (Some(reader), Some(writer))
    } else {
        (None, None)
    };
    let mut shared = Shared::find(&runtime.store, spec)?;
    let mut paths = RootfsPaths::new(&runtime.store.container(&spec.id), &order.image);
    match spec.storage {
        Some(Storage::Tmpfs(_)) => paths = paths.in_memory(),
        Some(storage) => storage::renew(&runtime.store.container(&spec.id), storage)
            .map_err(|e| LaunchError::plain(e.to_string()))?,
        None => {}
    }
    if let Some(labels) = labels.as_ref().filter(|_| spec.root.is_some()) {
        label_base(&paths.base, |file| labels.put_on(file))
            .map_err(|e| LaunchError::plain(e.to_string()))?;
    }
    let sources = open_sources(&runtime.store, spec)?;
    relabel_volumes(spec, &sources, labels.as_ref())?;
    paths.label = labels.as_ref().map(|labels| labels.file.clone());
    if sources.root.is_some() {
        // where it is entered before the overlay is mounted
        paths.image = ".".into();
    }
    let rootfs = RootfsPlan::new(spec, &paths).map_err(|e| LaunchError::plain(e.to_string()))?;
    let mut plan = InitPlan::new(
        spec,
        rootfs,
        restrictions(runtime, spec, label)?,
        theirs,
        status_writer,
    )?;
    plan.window = order.window;
    plan.joined_users = shared
        .take_users()
        .map(|users| (users, namespace::made_after_users(spec)));
    // on ourselves, for the child to inherit: the limits of who is in a user namespace of its own
    // are not ours to set
    plan.ulimits.make_room()?;
    let mut reports = None;
    if let Some((init, pid)) = shared.processes()? {
        plan.rootfs
            .share_proc(init.as_fd(), pid)
            .map_err(LaunchError::nix("share /proc of the other container"))?;
        let (reader, reporter) = pipe(None)?;
        reports = Some(reader);
        plan.shared_processes = Some(SharedProcesses {
            init,
            flags: namespace::clone_flags(spec),
            reporter,
        });
    }
    clock.done("plan the mounts and the command");
    LaunchError::at("supervisor.clone")?;
    let (ours, inits) = seqpacket::pair().map_err(LaunchError::nix("make init's socket"))?;
    let cgroup_folder = cgroup.v2_dir_fd().map_err(plain)?;
    let clone = || {
        plan.rootfs
            .open(spec, &sources)
            .map_err(|failure| plan.explain_mount(failure))?;
        let flags = if plan.shared_processes.is_some() {
            0
        } else {
            namespace::clone_flags(spec)
        };
        let clone = || clone3(flags, cgroup_folder.as_ref().map(AsFd::as_fd));
        let owner = spec.ids.filter(|_| plan.joined_users.is_none());
        namespace::as_owner(owner, clone, |cloned| matches!(cloned, Cloned::Child))
            .map_err(cannot_clone(spec))
    };
    let (pid, pidfd) = match shared.within(clone, |cloned| matches!(cloned, Cloned::Child))? {
        Cloned::Child => {
            drop(ours);
            init::run(&plan, inits.as_fd())
        }
        Cloned::Parent { pid, pidfd } => (pid, pidfd),
    };
    drop(inits);
    clock.done("clone into new namespaces");
    // our copy of what init has
    plan.shared_processes = None;
    let begun = LaunchError::at("supervisor.adjust")
        .and_then(|()| {
            if reports.is_some() {
                wait_for_namespaces(&plan, &ours)
            } else {
                Ok(())
            }
        })
        .and_then(|()| settings::are_its_own(spec, pid))
        .and_then(|()| adjust(spec, pid))
        .and_then(|()| users(spec, &plan, &paths, &sources, pid));
    match begun.and_then(|root| {
        handshake(
            &plan,
            (spec, &sources),
            root.as_ref(),
            (cgroup, unfinished),
            pid,
            (&ours, reports),
            clock,
        )
    }) {
        Ok((master, successor)) => {
            let (pid, pidfd) = match successor {
                Some(successor) => {
                    let _ = pidfd::reap(pidfd.as_fd());
                    successor
                }
                None => (pid, pidfd),
            };
            let streams = match (streams, master) {
                (Some(pipes), _) => pipes,
                (None, Some(master)) => Streams::Terminal(master),
                (None, None) => return Err(LaunchError::plain("init sent no terminal")),
            };
            Ok(Started {
                pid,
                pidfd,
                streams,
                wait_status: status_reader,
                unconfined,
            })
        }
        Err(error) => {
            end(Some(pidfd));
            Err(error)
        }
    }
}

/// What the parent sets on the child: niceness, and how soon the kernel kills it for want of
/// memory.
fn adjust(spec: &ContainerSpec, pid: i32) -> Result<(), LaunchError> {
    if let Some(nice) = spec.nice {
        process::set_nice(pid, nice.into())
            .map_err(LaunchError::nix(format!("set the nice value {nice}")))?;
    }
    if let Some(score) = oom::of_container(spec) {
        let file = format!("/proc/{pid}/oom_score_adj");
        std::fs::write(file, score.to_string())
            .map_err(LaunchError::io(format!("set oom_score_adj to {score}")))?;
    }
    Ok(())
}

fn cannot_clone(spec: &ContainerSpec) -> impl FnOnce(io::Error) -> LaunchError {
    let users = spec.ids.is_some();
    move |error| match error.raw_os_error().map(Errno::from_raw) {
        Some(errno @ (Errno::ENOSPC | Errno::EUSERS)) if users => LaunchError::own(
            "cannot make a user namespace: there are as many as user.max_user_namespaces (sysctl) allows; raise it, or use --userns host",
            errno,
        ),
        Some(errno @ Errno::EPERM) if users => LaunchError::own(
            "cannot make a user namespace: the kernel refuses it in a chroot, and where a security module forbids it; use --userns host",
            errno,
        ),
        _ => LaunchError::io("clone into new namespaces")(error),
    }
}

/// For a container with ids of its own: its ids are mapped, its files are theirs. Its root, mounted
/// for it.
fn users(
    spec: &ContainerSpec,
    plan: &InitPlan,
    paths: &RootfsPaths,
    sources: &Sources,
    pid: i32,
) -> Result<Option<OwnedFd>, LaunchError> {
    let Some(ids) = spec.ids else { return Ok(None) };
    let mapped = || {
        namespace::map_users(pid, ids).map_err(LaunchError::io(format!(
            "map the container's ids from {} on",
            ids.first
        )))
    };
    let own = if plan.joined_users.is_none() {
        Some(mapped()?)
    } else {
        None
    };
    let Some(users) = own
        .as_ref()
        .or(plan.joined_users.as_ref().map(|(joined, _)| joined))
        .map(AsFd::as_fd)
    else {
        return Ok(None);
    };
    plan.rootfs.shift(users).map_err(LaunchError::plain)?;
    let root = sources.root.as_ref().map(AsFd::as_fd);
    shifted_root(spec, paths, root, users)
        .map(Some)
        .map_err(|error| LaunchError::plain(error.to_string()))
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

/// For an init that makes its namespaces itself.
fn wait_for_namespaces(plan: &InitPlan, socket: &OwnedFd) -> Result<(), LaunchError> {
    let mut message = [0; 128];
    let length = seqpacket::receive(socket.as_fd(), &mut message, true)
        .map_err(LaunchError::nix("hear from init"))?;
    match (&message[..length], StepReport::decode(&message[..length])) {
        ([NAMESPACES], _) => Ok(()),
        (_, Some(report)) => Err(plan.explain(report)),
        _ => Err(LaunchError::plain(
            "the container's init was killed while it made its namespaces",
        )),
    }
}

/// The process that goes on as init among the processes of another container: its number, and a
/// pidfd.
type Entered = (i32, OwnedFd);

/// What an init says that has entered the processes of another container: who goes on, a child of
/// ours; and as it would in its socket.
fn hear_entered(
    plan: &InitPlan,
    reports: &OwnedFd,
    cgroup: &Cgroup,
) -> Result<Entered, LaunchError> {
    let (mut entered, mut marked) = (None, false);
    let mut frame = [0; FRAME];
    loop {
        match (nix::unistd::read(reports, &mut frame), frame[0]) {
            (Err(Errno::EINTR), _) => {}
            (Ok(FRAME), SUCCESSOR) => {
                let [_, p0, p1, p2, p3, ..] = frame;
                let pid = i32::from_le_bytes([p0, p1, p2, p3]);
                let process =
                    pidfd::open(pid).map_err(LaunchError::io("open the container's init"))?;
                entered =
                    Some((pid, process)).filter(|(_, process)| pidfd::is_child(process.as_fd()));
            }
            (Ok(FRAME), MARKER) => marked = true,
            (Ok(FRAME), _) => {
                end(entered.map(|(_, process)| process));
                let report = StepReport::decode(&frame);
                return Err(report.map_or_else(
                    || LaunchError::plain("init's report is not one"),
                    |r| plan.explain(r),
                ));
            }
            _ if marked => {
                return entered.ok_or_else(|| LaunchError::plain("init said something unknown"));
            }
            _ => {
                end(entered.map(|(_, process)| process));
                return Err(died_in_setup(cgroup));
            }
        }
    }
}

/// Whatever state it is in, it must not outlive a failure; it is our child, so this reaps it.
fn end(process: Option<OwnedFd>) {
    if let Some(process) = process {
        let _ = pidfd::send_signal(process.as_fd(), nix::libc::SIGKILL);
        let _ = pidfd::reap(process.as_fd());
    }
}

/// "go"; then a terminal, a report, or the marker and the end of the socket, which means that
/// execve succeeded.
#[allow(clippy::too_many_arguments, reason = "what one launch is made of")]
fn handshake(
    plan: &InitPlan,
    (spec, sources): (&ContainerSpec, &Sources),
    root: Option<&OwnedFd>,
    (cgroup, unfinished): (&mut Cgroup, Unfinished),
    pid: i32,
    (socket, reports): (&OwnedFd, Option<OwnedFd>),
    clock: &mut StepClock,
) -> Result<(Option<OwnedFd>, Option<Entered>), LaunchError> {
    LaunchError::at("supervisor.go")?;
    let mut unfinished = Some(unfinished);
    let mut go = |cgroup: &mut Cgroup, clock: &mut StepClock| {
        seqpacket::send_with_fds(
            socket.as_fd(),
            &[GO],
            root.as_slice().iter().map(AsFd::as_fd),
        )
        .map_err(LaunchError::nix("start init"))?;
        clock.go();
        let Some(unfinished) = unfinished.take() else {
            return Ok(());
        };
        LaunchError::at("supervisor.limits")?;
        let tasks = finish_cgroup(spec, sources, cgroup, unfinished)?;
        clock.done("make the cgroups and write their limits");
        LaunchError::at("supervisor.limited")?;
        match seqpacket::send_with_fds(socket.as_fd(), &[LIMITED], tasks.iter().map(AsFd::as_fd)) {
            // a step of init's has failed already, which is read next
            Err(Errno::EPIPE) => Ok(()),
            other => other.map_err(LaunchError::nix("let init join its cgroups")),
        }
    };
    if !plan.own_clocks {
        go(cgroup, clock)?;
    }
    LaunchError::at("supervisor.listen_to_init")?;
    let (mut master, mut marked) = (None, false);
    let mut message = [0; 128];
    loop {
        let (length, fd) = seqpacket::receive_with_fd(socket.as_fd(), &mut message)
            .map_err(LaunchError::nix("hear from init"))?;
        match message[..length].first() {
            None if marked => {
                clock.done("execute the command");
                return Ok((master, None));
            }
            None if let Some(reports) = &reports => {
                let entered = hear_entered(plan, reports, cgroup)?;
                clock.done("execute the command");
                return Ok((master, Some(entered)));
            }
            None => return Err(died_in_setup(cgroup)),
            Some(&CLOCKS) => {
                set_clocks(spec, pid)?;
                go(cgroup, clock)?;
            }
            Some(&TERMINAL) => master = fd,
            Some(&TIMES) => clock.take_init(&message[..length]),
            Some(&MARKER) => marked = true,
            Some(&REPORT) => {
                let report = StepReport::decode(&message[..length]);
                return Err(report.map_or_else(
                    || LaunchError::plain("init's report is not one"),
                    |r| plan.explain(r),
                ));
            }
            Some(_) => return Err(LaunchError::plain("init said something unknown")),
        }
    }
}

fn died_in_setup(cgroup: &Cgroup) -> LaunchError {
    match cgroup.oom_kills() {
        Some(1..) => LaunchError::plain(
            "the memory limit is too small to set the container up (the kernel killed it for want of memory)",
        ),
        _ => LaunchError::plain("the container's init was killed while it set the container up"),
    }
}

/// Volumes that the user gave away to this container, or to every one (`z`, `Z`).
fn relabel_volumes(
    spec: &ContainerSpec,
    sources: &Sources,
    labels: Option<&Labels>,
) -> Result<(), LaunchError> {
    let Some(labels) = labels else { return Ok(()) };
    for (volume, source) in spec.volumes.iter().zip(&sources.volumes) {
        let Some(whose) = volume.relabel else {
            continue;
        };
        let label = match whose {
            Relabel::Own => &labels.file,
            Relabel::Shared => &labels.shared_file(),
        };
        relabel(source.as_fd(), &volume.source, label)
            .map_err(|why| LaunchError::plain(format!("cannot label the volume {why}")))?;
    }
    Ok(())
}

/// The container's ends and ours. A terminal is made by init, in the container's own devpts.
fn streams(
    spec: &ContainerSpec,
    labels: Option<&Labels>,
    open_stdin: bool,
) -> Result<(Option<Stdio>, Option<Streams>), LaunchError> {
    if spec.tty {
        return Ok((None, None));
    }
    let (stdin, writer) = if open_stdin {
        pipe(labels).map(|(reader, writer)| (Some(reader), Some(writer)))?
    } else {
        (None, None)
    };
    let (out_reader, stdout) = pipe(labels)?;
    let (err_reader, stderr) = pipe(labels)?;
    give(stdin.iter().chain([&stdout, &stderr]), spec, spec.user)?;
    Ok((
        Some(Stdio {
            stdin,
            stdout,
            stderr,
        }),
        Some(Streams::Pipes {
            stdin: writer,
            stdout: out_reader,
            stderr: err_reader,
        }),
    ))
}
