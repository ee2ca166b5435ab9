//! The processes that join a container to execute a command in it.
//!
//! Three, and none is seen from inside before it holds as little as the container (CVE-2016-9962 is
//! of that class):
//!
//! - the *reaper* stays outside, in no namespace of the container's: it waits for the command and
//!   tells its caller;
//! - the *joiner*, its child, enters the namespaces, opens what takes privileges, gives everything
//!   up for good and forks. It is not in the pid namespace itself: that is entered by children only
//!   (setns(2));
//! - the *command* is that child, born with the container's capabilities, filter and ids,
//!   undumpable until execve. It is the reaper's child (CLONE_PARENT), for the joiner ends at once.
//!   It has a session to make, a terminal to take, and a pipe to say what failed.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd::{pipe2, read, write};

use super::message::{COMMAND, ENDED, FAILED};
use super::plan::ExecPlan;
use super::target::Target;
use crate::runtime::init::{REPORT, Step, StepReport, give_terminal};
use crate::runtime::terminal::set_nonblocking;
use crate::runtime::{LaunchError, init};
use crate::spec::ContainerSpec;
use crate::sys::clone::fork_sibling;
use crate::sys::null::open_null;
use crate::sys::pidfd::{self, Ended};
use crate::sys::{fault, fds, process, reaper, seqpacket, tty};
use crate::{cgroup, namespace};

/// First byte of the joiner's word, in eight bytes as a report is, that the command is born.
const BORN: u8 = b'B';

/// The reaper's life; its exit code is the command's.
pub(crate) fn join(
    plan: &ExecPlan,
    spec: &ContainerSpec,
    cgroup: &Target,
    init: BorrowedFd<'_>,
    socket: BorrowedFd<'_>,
) -> i32 {
    if let Some(title) = plan.title {
        title.set(b"minic-exec");
    }
    let last_word = match fork_joiner(plan, spec, cgroup, init, socket) {
        Ok((joiner, reports)) => match serve(joiner.as_fd(), &reports, socket) {
            Ok(Ended::Exited(code)) => vec![ENDED, code as u8],
            Ok(Ended::Signaled(signal)) => vec![ENDED, 128 + signal as u8],
            Err(error) => failed(&error),
        },
        Err(error) => failed(&error),
    };
    let _ = seqpacket::send(socket, &last_word, true);
    match last_word[..] {
        [ENDED, code] => code.into(),
        _ => 125,
    }
}

fn failed(error: &LaunchError) -> Vec<u8> {
    [
        &[FAILED],
        serde_json::to_vec(error).unwrap_or_default().as_slice(),
    ]
    .concat()
}

/// Into the cgroup, away from the caller, and the joiner forked. Its process, and the pipe that its
/// word and reports come out of.
fn fork_joiner(
    plan: &ExecPlan,
    spec: &ContainerSpec,
    cgroup: &Target,
    init: BorrowedFd<'_>,
    socket: BorrowedFd<'_>,
) -> Result<(OwnedFd, OwnedFd), LaunchError> {
    // the terminal's signals are the command's business, which the caller passes on
    nix::unistd::setsid().map_err(LaunchError::nix("make a session"))?;
    process::set_undumpable().map_err(LaunchError::nix("become undumpable"))?;
    // its caller may have ignored the ends of children, and had that from its own (signal(7))
    process::watch_children();
    if plan.dies_with_parent {
        process::set_parent_death_signal(nix::libc::SIGKILL)
            .map_err(LaunchError::nix("ask for a signal"))?;
    }
    if let Some(score) = plan.oom_score_adj {
        std::fs::write("/proc/self/oom_score_adj", score.to_string())
            .map_err(LaunchError::io("set oom_score_adj"))?;
    }
    plan.ulimits.make_room()?;
    fault::may_fail("exec.cgroup")?;
    cgroup::join(&cgroup.v1).map_err(LaunchError::nix("join the container's cgroups"))?;
    fault::may_fail("exec.close")?;
    // whatever the caller had open, nothing of it comes along
    let number = |fd: &Option<OwnedFd>| fd.as_ref().map_or(-1, AsRawFd::as_raw_fd);
    let [stdin, stdout, stderr] = plan.streams.each_ref().map(number);
    fds::keep_only([
        init.as_raw_fd(),
        socket.as_raw_fd(),
        number(&plan.far_end),
        stdin,
        stdout,
        stderr,
    ])
    .map_err(LaunchError::nix("close the caller's descriptors"))?;
    let (reports, reporter) = pipe2(OFlag::O_CLOEXEC).map_err(LaunchError::nix("make a pipe"))?;
    fault::may_fail("exec.joiner")?;
    match reaper::fork_from_init().map_err(LaunchError::nix("fork the joining process"))? {
        0 => {
            drop(reports);
            enter(plan, spec, init, socket, reporter.as_fd())
        }
        pid => {
            drop(reporter);
            let joiner = pidfd::open(pid).map_err(LaunchError::io("open the joining process"))?;
            // the streams are the command's alone, or its closing them would go unnoticed;
            // and the caller's the caller's
            fds::keep_only([
                socket.as_raw_fd(),
                number(&plan.far_end),
                joiner.as_raw_fd(),
                reports.as_raw_fd(),
            ])
            .and_then(|()| open_null())
            .and_then(|null| (0..3).try_for_each(|number| fds::place(null.as_raw_fd(), number)))
            .map_err(LaunchError::nix("close the command's streams"))?;
            Ok((joiner, reports))
        }
    }
}

/// Tells of the command and of what failed; how it ended, or the joiner where there never was one.
fn serve(
    joiner: BorrowedFd<'_>,
    reports: &OwnedFd,
    socket: BorrowedFd<'_>,
) -> Result<Ended, LaunchError> {
    let mut message = [0; 8];
    let mut failure = None;
    let command = loop {
        match read(reports, &mut message) {
            // a number that is no unreaped child of ours is nobody's that we may wait for or signal
            Ok(8) if message[0] == BORN => {
                let [_, _, _, _, pid @ ..] = message;
                break pidfd::open(i32::from_le_bytes(pid))
                    .ok()
                    .filter(|command| pidfd::is_child(command.as_fd()));
            }
            Ok(8) => failure = StepReport::decode(&message),
            Err(Errno::EINTR) => {}
            _ => break None,
        }
    };
    if let Some(command) = &command {
        let _ = seqpacket::send_with_fd(socket, &[COMMAND], command.as_fd());
    }
    fault::may_die("exec.reap");
    let mut ended = pidfd::reap(joiner);
    if let Some(command) = &command {
        ended = pidfd::reap(command.as_fd());
    }
    // who has the other end open still has nothing to say
    if set_nonblocking(reports.as_fd()).is_ok() && matches!(read(reports, &mut message), Ok(8)) {
        failure = failure.or(StepReport::decode(&message));
    }
    if let Some(failure) = failure {
        let _ = seqpacket::send(socket, &failure.encode(), true);
    }
    match ended {
        Ok(Ended::Signaled(_)) if command.is_none() => {
            Err(LaunchError::plain("the joining process was killed"))
        }
        other => other.map_err(LaunchError::io("wait for the command")),
    }
}

/// The joiner's life.
fn enter(
    plan: &ExecPlan,
    spec: &ContainerSpec,
    init: BorrowedFd<'_>,
    socket: BorrowedFd<'_>,
    reporter: BorrowedFd<'_>,
) -> ! {
    let joined = || -> Result<(), LaunchError> {
        // while /proc is the host's
        plan.restrictions.label().map_err(LaunchError::nix(
            "name the AppArmor profile or SELinux label",
        ))?;
        fault::may_fail("exec.namespaces")?;
        namespace::join(init, spec).map_err(LaunchError::nix("join the container's namespaces"))
    };
    if let Err(error) = joined() {
        let _ = seqpacket::send(socket, &failed(&error), true);
        process::exit_now(125);
    }
    let forked = set_up(plan, socket, reporter).and_then(|()| {
        reached(Step::Reaper)?;
        fork_sibling().map_err(at(Step::Reaper))
    });
    let word = match forked {
        Ok(0) => become_command(plan, reporter),
        Ok(pid) => {
            let [p0, p1, p2, p3] = pid.to_le_bytes();
            [BORN, 0, 0, 0, p0, p1, p2, p3]
        }
        Err(failure) => failure.encode(),
    };
    let _ = write(reporter, &word);
    process::exit_now(if word[0] == REPORT { 125 } else { 0 })
}

fn at(step: Step) -> impl Fn(Errno) -> StepReport {
    move |errno| StepReport::new(step, errno)
}

fn reached(step: Step) -> Result<(), StepReport> {
    fault::may_fail_at("exec.init", step as u16).map_err(|fault| at(step)(fault.into()))
}

/// All that takes privileges, or a descriptor of the caller's; then neither is left.
fn set_up(
    plan: &ExecPlan,
    socket: BorrowedFd<'_>,
    reporter: BorrowedFd<'_>,
) -> Result<(), StepReport> {
    if plan.tty {
        let slave = give_terminal(plan.user, plan.window, socket).map_err(at(Step::Terminal))?;
        (0..3)
            .try_for_each(|number| fds::place(slave.as_raw_fd(), number))
            .map_err(at(Step::Terminal))?;
    } else {
        for (number, end) in (0..).zip(&plan.streams) {
            let placed = match end {
                Some(end) => fds::place(end.as_raw_fd(), number),
                None => open_null().and_then(|null| fds::place(null.as_raw_fd(), number)),
            };
            placed.map_err(at(Step::Stdio))?;
        }
    }
    reached(Step::Stdio)?;
    // not even the socket: who is let seize the command, as CAP_SYS_PTRACE lets, takes its
    // descriptors (pidfd_getfd(2))
    fds::keep_only([reporter.as_raw_fd()])
        .and_then(|()| fds::cloexec_from(3))
        .map_err(at(Step::Stdio))?;
    reached(Step::Workdir)?;
    init::enter(&plan.cwd).map_err(at(Step::Workdir))?;
    process::new_session_keyring().map_err(at(Step::Session))?;
    plan.ulimits
        .apply_before_fork()
        .map_err(at(Step::Ulimits))?;
    process::reset_signals();
    reached(Step::Restrict)?;
    plan.restrictions
        .apply(plan.user.uid, plan.user.gid)
        .map_err(at(Step::Restrict))
}

/// The command's life before it is one.
fn become_command(plan: &ExecPlan, reporter: BorrowedFd<'_>) -> ! {
    let begun = || -> Result<(), StepReport> {
        reached(Step::Session)?;
        nix::unistd::setsid().map_err(at(Step::Session))?;
        if plan.tty {
            tty::take_control(fds::borrow(0)).map_err(at(Step::Terminal))?;
        }
        if plan.dies_with_parent {
            process::set_parent_death_signal(nix::libc::SIGKILL).map_err(at(Step::Session))?;
        }
        plan.ulimits.apply_after_fork().map_err(at(Step::Ulimits))?;
        reached(Step::Exec)
    };
    let failure = begun()
        .err()
        .unwrap_or_else(|| StepReport::new(Step::Exec, plan.command.exec()));
    let _ = write(reporter, &failure.encode());
    process::exit_now(125)
}
