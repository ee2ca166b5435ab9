//! The launcher's processes, forked before their parent had threads, which launch containers on the
//! parent's behalf.
//!
//! They are two: a worker that does it, and a keeper that does nothing but wait for the worker's
//! end, and forks another when it was killed. The parent could not: it has threads by then.

use std::borrow::Cow;
use std::os::fd::{AsFd, OwnedFd};

use serde::{Deserialize, Serialize};

use super::launch::launch;
use crate::runtime::exec::begin;
use crate::runtime::supervisor::Outcome;
use crate::runtime::{ExecOrder, LaunchError, Runtime, StartOrder};
use crate::spec::ContainerId;
use crate::sys::clone::{Forked, fork};
use crate::sys::pidfd::{self, Ended};
use crate::sys::{fault, fds, process, program, seqpacket};

/// Where keeper and worker have their socket, so that everything else they inherited can be closed.
const SOCKET_FD: i32 = 3;

/// Room for any request and any answer, in bytes.
pub(super) const MESSAGE: usize = 64 * 1024;

/// What the launcher is asked for, as JSON in one message, and with it the socket for the answer.
/// The answer is one message too: an [`Outcome`], and for an exec that began, with it the
/// descriptor of the socket from which the joining process's messages come.
#[derive(Serialize, Deserialize)]
pub(super) enum Request<'a> {
    Start(Cow<'a, StartOrder>),
    Exec(Cow<'a, ContainerId>, Cow<'a, ExecOrder>),
}

/// The keeper's life: until the parent is gone. It leads a session of its own, so that the
/// terminal's signals pass it by.
pub(super) fn keep(runtime: &Runtime, socket: OwnedFd) {
    if let Some(title) = process::Title::find() {
        title.set(b"minic-tui launcher");
    }
    let _ = process::set_name(c"minic-launcher");
    let _ = nix::unistd::setsid();
    let Ok(socket) = fds::move_above(socket, 10) else {
        return;
    };
    if fds::place(socket, SOCKET_FD)
        .and_then(|()| fds::close_from(SOCKET_FD as u32 + 1))
        .is_err()
    {
        return;
    }
    // done once for all of its supervisors; where it fails each of them tries again, and says why
    // it cannot
    let _ = program::make_read_only();
    // it ends well when the parent is gone, and otherwise never: a signal or a panic ended it then
    while !matches!(fork_worker(runtime), Ok(Ended::Exited(0)) | Err(_)) {}
}

/// Forks a worker and waits for its end.
fn fork_worker(runtime: &Runtime) -> std::io::Result<Ended> {
    match fork()? {
        Forked::Parent(pid) => pidfd::reap(pidfd::open(pid)?.as_fd()),
        Forked::Child => {
            let serve = std::panic::AssertUnwindSafe(|| serve(runtime));
            process::exit_now(std::panic::catch_unwind(serve).map_or(1, |()| 0))
        }
    }
}

/// A worker's life: until the parent is gone. A keeper that is killed leaves it at work, with
/// nobody to replace it.
fn serve(runtime: &Runtime) {
    let socket = fds::adopt(SOCKET_FD);
    // supervisors outlive us and nobody here waits for them
    process::ignore_children();
    let mut request = vec![0; MESSAGE];
    while let Ok((length @ 1.., Some(answers))) =
        seqpacket::receive_with_fd(socket.as_fd(), &mut request)
    {
        let done = serde_json::from_slice(&request[..length])
            .map_err(|e| LaunchError::plain(format!("the request: {e}")))
            .and_then(|request| {
                fault::may_fail("launcher.request")?;
                carry_out(runtime, request)
            });
        fault::may_die("launcher.answer");
        let (outcome, fd): (Outcome, _) = match done {
            Ok(fd) => (Ok(()), fd),
            Err(error) => (Err(error), None),
        };
        let Ok(answer) = serde_json::to_vec(&outcome) else {
            return;
        };
        // who asked may have given up
        let _ = match &fd {
            Some(fd) => seqpacket::send_with_fd(answers.as_fd(), &answer, fd.as_fd()),
            None => seqpacket::send(answers.as_fd(), &answer, true),
        };
        fault::may_die("launcher.idle");
    }
}

fn carry_out(runtime: &Runtime, request: Request<'_>) -> Result<Option<OwnedFd>, LaunchError> {
    match request {
        Request::Start(order) => launch(runtime, &order).map(|()| None),
        Request::Exec(id, order) => {
            let record = runtime
                .store
                .load(&id)
                .map_err(|e| LaunchError::plain(e.to_string()))?;
            let process = record
                .state
                .status
                .process()
                .ok_or_else(|| LaunchError::plain("the container does not run"))?;
            begin(runtime, &record, process, &order, leave_the_launcher)
                .map(|begun| Some(begun.socket))
        }
    }
}

/// What a process that joins a container must not take with it: the launcher's socket, and its
/// ignored SIGCHLD.
fn leave_the_launcher() {
    drop(fds::adopt(SOCKET_FD));
    process::watch_children();
}
