//! [`Launcher`]: a process forked before its parent has threads, which launches containers on the parent's behalf.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Mutex;

use super::launch::Outcome;
use super::{LaunchError, Runtime, StartOrder, launch};
use crate::sys::clone::{Forked, fork};
use crate::sys::{fds, process, seqpacket};

/// Where the launcher keeps its socket, so that everything else it inherited can be closed.
const SOCKET_FD: i32 = 3;

/// The parent's end. Requests are answered one after the other; a launch takes milliseconds.
#[derive(Debug)]
pub struct Launcher {
    socket: Mutex<OwnedFd>,
}

impl Launcher {
    /// Forks the launcher. Call it before any thread is started.
    ///
    /// # Errors
    /// When this process already has threads or cannot fork.
    pub fn fork(runtime: &Runtime) -> Result<Self, LaunchError> {
        let (ours, theirs) = seqpacket::pair().map_err(LaunchError::nix("make the launcher's socket"))?;
        match fork().map_err(LaunchError::io("fork the launcher"))? {
            Forked::Parent(_) => Ok(Self { socket: Mutex::new(ours) }),
            Forked::Child => {
                drop(ours);
                let serve = std::panic::AssertUnwindSafe(|| serve(runtime, theirs));
                let _ = std::panic::catch_unwind(serve);
                process::exit_now(0)
            }
        }
    }

    /// As [`launch`], done by the launcher.
    ///
    /// # Errors
    /// As [`launch`], or that the launcher is gone.
    pub fn launch(&self, order: &StartOrder) -> Result<(), LaunchError> {
        let request = serde_json::to_vec(order).map_err(|e| LaunchError::plain(e.to_string()))?;
        let socket = self.socket.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let gone = || LaunchError::nix("ask the launcher (it has ended; restart minic-tui)");
        seqpacket::send(socket.as_fd(), &request, true).map_err(gone())?;
        let mut answer = vec![0; 64 * 1024];
        match seqpacket::receive(socket.as_fd(), &mut answer, true).map_err(gone())? {
            0 => Err(LaunchError::plain("the launcher has ended; restart minic-tui")),
            length => serde_json::from_slice(&answer[..length]).unwrap_or_else(|e| Err(LaunchError::plain(e.to_string()))),
        }
    }
}

/// The launcher's life: until the parent is gone. It leads a session of its own, so that the terminal's signals pass it by.
fn serve(runtime: &Runtime, socket: OwnedFd) {
    if let Some(title) = process::Title::find() {
        title.set(b"minic-tui launcher");
    }
    let _ = process::set_name(c"minic-launcher");
    let _ = nix::unistd::setsid();
    let Ok(socket) = fds::move_above(socket, 10) else { return };
    if fds::place(socket, SOCKET_FD).and_then(|()| fds::close_from(SOCKET_FD as u32 + 1)).is_err() {
        return;
    }
    let socket = fds::adopt(SOCKET_FD);
    // supervisors outlive us and nobody here waits for them
    process::ignore_children();
    let mut request = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = seqpacket::receive(socket.as_fd(), &mut request, true) {
        let outcome: Outcome = serde_json::from_slice::<StartOrder>(&request[..length])
            .map_err(|e| LaunchError::plain(format!("the request: {e}")))
            .and_then(|order| LaunchError::at("launcher.launch").and_then(|()| launch(runtime, &order, None)));
        // failing here would be a lie: it runs. Being killed here is what tests want
        let _ = LaunchError::at("launcher.answer");
        let Ok(answer) = serde_json::to_vec(&outcome) else { return };
        if seqpacket::send(socket.as_fd(), &answer, true).is_err() {
            return;
        }
    }
}
