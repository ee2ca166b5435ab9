//! The container's init: what runs between clone3 and execve. It allocates nothing and formats
//! nothing.

use std::ffi::{CStr, OsStr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use nix::errno::Errno;
use nix::sys::stat::{Mode, umask};

use super::clock::InitClock;
use super::plan::{InitPlan, SharedProcesses};
use super::step::{CLOCKS, FRAME, GO, LIMITED, MARKER, NAMESPACES, SUCCESSOR, Step, StepReport};
use super::terminal::give_terminal;
use crate::sys::clone::fork_sibling;
use crate::sys::null::open_null;
use crate::sys::{fault, fds, process, reaper, seqpacket, tty};
use crate::{cgroup, namespace, network, rootfs};

/// Runs the plan; returns only in the sense that the process ends. Read it as a table of contents.
pub(crate) fn run(plan: &InitPlan, supervisor: BorrowedFd<'_>) -> ! {
    let mut clock = InitClock::start();
    let result = set_up(plan, supervisor, &mut clock);
    // the times are informational: failing to send them changes nothing
    let _ = seqpacket::send(supervisor, &clock.encode(), true);
    let (failure, to) = match (result, &plan.shared_processes) {
        (Err(failure), _) => (failure, supervisor),
        (Ok(()), None) => (execute(plan, supervisor), supervisor),
        (Ok(()), Some(shared)) => {
            let to = shared.reporter.as_fd();
            (
                enter_processes(plan, shared)
                    .err()
                    .unwrap_or_else(|| execute(plan, to)),
                to,
            )
        }
    };
    // the supervisor may be gone; there is nobody else to tell
    let _ = send(to, &failure.encode());
    process::exit_now(125)
}

fn set_up(
    plan: &InitPlan,
    supervisor: BorrowedFd<'_>,
    clock: &mut InitClock,
) -> Result<(), StepReport> {
    if let Some(title) = plan.title {
        title.set(b"minic-init");
    }
    at(Step::Go, process::set_undumpable())?;
    if let Some(shared) = &plan.shared_processes {
        let joined = || {
            plan.joined_users
                .as_ref()
                .map_or(Ok(()), |(users, others)| {
                    namespace::join_users(users.as_fd(), *others)
                })
        };
        let made = namespace::make_among(shared.init.as_fd(), shared.flags).and_then(|()| joined());
        at(
            Step::Namespaces,
            made.and_then(|()| seqpacket::send(supervisor, &[NAMESPACES], true)),
        )?;
    }
    if plan.own_clocks {
        at(
            Step::Clocks,
            namespace::unshare_clocks().and_then(|()| seqpacket::send(supervisor, &[CLOCKS], true)),
        )?;
    }
    let root = wait_for_go(supervisor).map_err(|errno| StepReport::new(Step::Go, errno))?;
    clock.go();
    if plan.own_clocks {
        at(Step::Clocks, namespace::enter_clocks())?;
        clock.done(Step::Clocks);
    }
    if plan.own_users {
        if plan.joined_users.is_none() {
            at(Step::Users, namespace::become_root())?;
            namespace::limit_use(plan.makes_namespaces)
                .map_err(|errno| StepReport::new(Step::Users, errno))?;
        }
        if plan.makes_ipc {
            namespace::unshare_ipc().map_err(|errno| StepReport::new(Step::Users, errno))?;
        }
        clock.done(Step::Users);
    }
    // before the first mount: the image's own /proc might lie over the host's
    at(Step::Restrict, plan.restrictions.label())?;
    at(
        Step::Session,
        nix::unistd::setsid().and_then(|_| process::new_session_keyring()),
    )?;
    clock.done(Step::Session);
    if let Some(name) = &plan.hostname {
        at(
            Step::Hostname,
            nix::unistd::sethostname(OsStr::from_bytes(name.to_bytes())),
        )?;
        clock.done(Step::Hostname);
    }
    if plan.own_network {
        at(Step::Network, network::bring_loopback_up())?;
        clock.done(Step::Network);
    }
    umask(Mode::empty());
    let mounts =
        rootfs::apply(plan.rootfs.steps(), root.as_ref().map(AsFd::as_fd)).map_err(|f| {
            StepReport {
                step: Step::Mount,
                index: f.index,
                errno: f.errno,
            }
        })?;
    clock.done(Step::Mount);
    umask(Mode::S_IWGRP | Mode::S_IWOTH);
    set_sysctls(plan, &mounts)?;
    clock.done(Step::Sysctl);
    rootfs::protect(&plan.rootfs, &mounts).map_err(|f| StepReport {
        step: Step::Protect,
        index: f.index,
        errno: f.errno,
    })?;
    clock.done(Step::Protect);
    at(Step::Cgroup, join_cgroups(supervisor))?;
    clock.done(Step::Cgroup);
    if plan.own_cgroups {
        at(Step::CgroupNamespace, namespace::unshare_cgroup())?;
        clock.done(Step::CgroupNamespace);
    }
    connect(plan, supervisor)?;
    clock.done(if plan.stdio.is_some() {
        Step::Stdio
    } else {
        Step::Terminal
    });
    // no descriptor of the host's is left for a path such as /proc/self/fd/7 to lead through
    drop((root, mounts));
    let wait_status = plan.wait_status.as_ref().map_or(-1, AsRawFd::as_raw_fd);
    let reporter = plan
        .shared_processes
        .as_ref()
        .map_or(-1, |shared| shared.reporter.as_raw_fd());
    at(
        Step::Stdio,
        fds::keep_only([supervisor.as_raw_fd(), wait_status, reporter]),
    )?;
    at(Step::Workdir, enter(&plan.cwd))?;
    clock.done(Step::Workdir);
    at(Step::Ulimits, plan.ulimits.apply())?;
    at(
        Step::Restrict,
        plan.restrictions.apply(plan.user.uid, plan.user.gid),
    )?;
    clock.done(Step::Restrict);
    Ok(())
}

/// Enters a folder of the container; EXDEV when it turns out to lie outside of its root
/// (CVE-2024-21626).
pub(crate) fn enter(folder: &CStr) -> nix::Result<()> {
    nix::unistd::chdir(folder)?;
    if process::is_cwd_inside_root()? {
        Ok(())
    } else {
        Err(Errno::EXDEV)
    }
}

fn set_sysctls(plan: &InitPlan, mounts: &rootfs::KernelMounts) -> Result<(), StepReport> {
    for (index, (file, value)) in plan.sysctls.iter().enumerate() {
        let ready = fault::may_fail_at("init.sysctl", index as u16).map_err(Errno::from);
        let opened = ready.and_then(|()| rootfs::open_setting(mounts, file));
        let written = opened.and_then(|fd| nix::unistd::write(fd, value.as_bytes()));
        written.map_err(|errno| StepReport {
            step: Step::Sysctl,
            index: index as u16,
            errno: errno as i32,
        })?;
    }
    Ok(())
}

fn at<T>(step: Step, result: nix::Result<T>) -> Result<(), StepReport> {
    let ready = fault::may_fail_at("init", step as u16).map_err(Errno::from);
    ready
        .and_then(|()| result.map(drop))
        .map_err(|errno| StepReport::new(step, errno))
}

/// Waits until the cgroups are made and have their limits, which goes on while we mount, and joins
/// those that we were not born in. Nothing of the container's is executed before.
fn join_cgroups(supervisor: BorrowedFd<'_>) -> nix::Result<()> {
    let mut word = [0; 1];
    match seqpacket::receive_with_fds(supervisor, &mut word)? {
        (1, tasks) if word[0] == LIMITED => cgroup::join(tasks.iter().flatten()),
        _ => Err(Errno::EPIPE),
    }
}

/// The supervisor says go once our ids are mapped, and hands over our root where it mounted that.
/// If it dies before that we end too.
fn wait_for_go(supervisor: BorrowedFd<'_>) -> nix::Result<Option<OwnedFd>> {
    let mut word = [0; 1];
    match seqpacket::receive_with_fd(supervisor, &mut word)? {
        (1, root) if word[0] == GO => Ok(root),
        _ => Err(Errno::EPIPE),
    }
}

/// Puts the streams, or a terminal of the container's own devpts, at 0, 1 and 2.
fn connect(plan: &InitPlan, supervisor: BorrowedFd<'_>) -> Result<(), StepReport> {
    if let Some(stdio) = &plan.stdio {
        let stdin = match &stdio.stdin {
            Some(stdin) => fds::place(stdin.as_raw_fd(), 0),
            // that of its own /dev: what is done to it from inside is done to no other
            None => open_null().and_then(|null| fds::place(null.as_raw_fd(), 0)),
        };
        at(Step::Stdio, stdin)?;
        return [(1, &stdio.stdout), (2, &stdio.stderr)]
            .into_iter()
            .try_for_each(|(number, fd)| at(Step::Stdio, fds::place(fd.as_raw_fd(), number)));
    }
    let terminal = |errno| StepReport::new(Step::Terminal, errno);
    at(Step::Terminal, Ok(()))?;
    let slave = give_terminal(plan.user, plan.window, supervisor).map_err(terminal)?;
    if plan.shared_processes.is_none() {
        tty::take_control(slave.as_fd()).map_err(terminal)?;
    }
    (0..3).try_for_each(|number| at(Step::Terminal, fds::place(slave.as_raw_fd(), number)))
}

/// Forks who goes on among the processes of another container, with nothing that the container
/// itself does not hold, as the supervisor's child; returns in that one alone. It has no socket any
/// more: whoever may seize it takes its descriptors too (pidfd_getfd(2)).
fn enter_processes(plan: &InitPlan, shared: &SharedProcesses) -> Result<(), StepReport> {
    let wait_status = plan.wait_status.as_ref().map_or(-1, AsRawFd::as_raw_fd);
    at(
        Step::Stdio,
        fds::keep_only([shared.reporter.as_raw_fd(), wait_status]),
    )?;
    let pid = fork_sibling().map_err(|errno| StepReport::new(Step::Reaper, errno))?;
    if pid > 0 {
        let [p0, p1, p2, p3] = pid.to_le_bytes();
        let _ = send(shared.reporter.as_fd(), &[SUCCESSOR, p0, p1, p2, p3]);
        process::exit_now(0);
    }
    at(Step::Session, nix::unistd::setsid())?;
    if plan.stdio.is_none() {
        at(Step::Terminal, tty::take_control(fds::borrow(0)))?;
    }
    Ok(())
}

/// Sends through the socket, or in frames of eight bytes through the pipe that replaces it.
/// Allocates nothing.
fn send(supervisor: BorrowedFd<'_>, message: &[u8]) -> nix::Result<()> {
    match seqpacket::send(supervisor, message, true) {
        Err(Errno::ENOTSOCK) => {
            let mut frame = [0; FRAME];
            frame
                .iter_mut()
                .zip(message)
                .for_each(|(place, byte)| *place = *byte);
            nix::unistd::write(supervisor, &frame).map(drop)
        }
        other => other,
    }
}

/// Executes the command, or stays as PID 1 with the command as its child.
fn execute(plan: &InitPlan, supervisor: BorrowedFd<'_>) -> StepReport {
    if plan.wait_status.is_some() {
        return reap(plan, supervisor);
    }
    become_command(plan, supervisor)
}

fn become_command(plan: &InitPlan, supervisor: BorrowedFd<'_>) -> StepReport {
    process::reset_signals();
    if let Err(errno) = fds::cloexec_from(3) {
        return StepReport::new(Step::Marker, errno);
    }
    if let Err(report) =
        at(Step::Marker, send(supervisor, &[MARKER])).and_then(|()| at(Step::Exec, Ok(())))
    {
        return report;
    }
    StepReport::new(Step::Exec, plan.command.exec())
}

/// PID 1 with the command as its child: signals go to the command, orphans are reaped, and the
/// command's end is ours.
fn reap(plan: &InitPlan, supervisor: BorrowedFd<'_>) -> StepReport {
    let Some(status) = &plan.wait_status else {
        return StepReport::new(Step::Reaper, Errno::EBADF);
    };
    reaper::block_signals();
    // in a pid namespace that is not its own it is not PID 1: orphans come to it all the same
    if let Err(report) = at(Step::Reaper, process::adopt_orphans()) {
        return report;
    }
    match reaper::fork_from_init() {
        Ok(0) => take_foreground(plan)
            .err()
            .unwrap_or_else(|| become_command(plan, supervisor)),
        Ok(command) => {
            let _ = process::set_name(c"minic-init");
            // the end of the supervisor's socket means "the command was executed", and its streams
            // end with it: keep none open
            let kept = fds::place(status.as_raw_fd(), 0).and_then(|()| fds::close_from(1));
            if let Err(errno) = kept {
                return StepReport::new(Step::Reaper, errno);
            }
            let ended = reaper::serve(command);
            fds::write_now(0, &ended.to_le_bytes());
            process::exit_now(if ended & 0x7f == 0 {
                (ended >> 8) & 0xff
            } else {
                128 + (ended & 0x7f)
            })
        }
        Err(errno) => StepReport::new(Step::Reaper, errno),
    }
}

/// On a terminal the command leads the foreground process group, so that Ctrl-C reaches it and not
/// PID 1 (tcsetpgrp(3)).
fn take_foreground(plan: &InitPlan) -> Result<(), StepReport> {
    if plan.stdio.is_some() {
        return Ok(());
    }
    let myself = nix::unistd::getpid();
    at(Step::Terminal, nix::unistd::setpgid(myself, myself))?;
    at(
        Step::Terminal,
        nix::unistd::tcsetpgrp(fds::borrow(0), myself),
    )
}
