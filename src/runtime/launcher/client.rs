//! [`Launcher`]: what a process with threads has of its launcher.

use std::borrow::Cow;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Mutex;

use super::process::{MESSAGE, Request, keep};
use crate::runtime::supervisor::Outcome;
use crate::runtime::{ExecOrder, LaunchError, Runtime, StartOrder};
use crate::spec::ContainerId;
use crate::sys::clone::{Forked, fork};
use crate::sys::{fault, process, seqpacket};

/// The parent's end. Requests are answered one after the other; a launch takes milliseconds.
#[derive(Debug)]
pub(crate) struct Launcher {
    socket: Mutex<OwnedFd>,
}

impl Launcher {
    /// Forks the launcher. Call it before any thread is started.
    ///
    /// # Errors
    /// When this process already has threads or cannot fork.
    pub(crate) fn fork(runtime: &Runtime) -> Result<Self, LaunchError> {
        let (ours, theirs) =
            seqpacket::pair().map_err(LaunchError::nix("make the launcher's socket"))?;
        fault::may_fail("launcher.fork")?;
        match fork().map_err(LaunchError::io("fork the launcher"))? {
            Forked::Parent(_) => Ok(Self {
                socket: Mutex::new(ours),
            }),
            Forked::Child => {
                drop(ours);
                let keep = std::panic::AssertUnwindSafe(|| keep(runtime, theirs));
                let _ = std::panic::catch_unwind(keep);
                process::exit_now(0)
            }
        }
    }

    /// As [`launch_record`](super::launch_record), done by the launcher.
    ///
    /// # Errors
    /// As [`launch_record`](super::launch_record), or that the launcher is gone.
    pub(crate) fn launch(&self, order: &StartOrder) -> Result<(), LaunchError> {
        self.ask(&Request::Start(Cow::Borrowed(order))).map(drop)
    }

    /// Begins to execute a command in a running container; its messages come out of the socket.
    ///
    /// # Errors
    /// When it does not run, cannot be joined, or the launcher is gone.
    pub(crate) fn exec(&self, id: &ContainerId, order: &ExecOrder) -> Result<OwnedFd, LaunchError> {
        let socket = self.ask(&Request::Exec(Cow::Borrowed(id), Cow::Borrowed(order)))?;
        socket.ok_or_else(|| LaunchError::plain("the launcher sent no socket"))
    }

    fn ask(&self, request: &Request<'_>) -> Result<Option<OwnedFd>, LaunchError> {
        let request = serde_json::to_vec(request).map_err(|e| LaunchError::plain(e.to_string()))?;
        let gone = || LaunchError::nix("ask the launcher (it has ended; restart minic-tui)");
        // a socket for this one answer: nobody else's is taken for it, and it ends with the worker
        // that was killed over it
        let (ours, theirs) =
            seqpacket::pair().map_err(LaunchError::nix("make the launcher's answer socket"))?;
        let socket = self
            .socket
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        seqpacket::send_with_fd(socket.as_fd(), &request, theirs.as_fd()).map_err(gone())?;
        drop(theirs);
        let mut answer = vec![0; MESSAGE];
        let (length, fd) = seqpacket::receive_with_fd(ours.as_fd(), &mut answer).map_err(gone())?;
        if length == 0 {
            return Err(LaunchError::plain(
                "the launcher was killed during this request and has been replaced: check the container, and try again",
            ));
        }
        let outcome: Outcome = serde_json::from_slice(&answer[..length])
            .map_err(|e| LaunchError::plain(e.to_string()))?;
        outcome.map(|()| fd)
    }
}
