//! A minimal PID 1 (pid_namespaces(7)): forwards signals, reaps orphans, and ends when its command
//! does.

use nix::errno::Errno;
use nix::sys::signal::SigSet;

/// fork(2) for a process just made by clone3: it has one thread by construction, and reading /proc
/// would allocate.
///
/// # Errors
/// EAGAIN, ENOMEM. 0 is the child.
pub(crate) fn fork_from_init() -> nix::Result<i32> {
    // SAFETY: the caller was made by clone3 without CLONE_VM and has started no thread.
    Errno::result(unsafe { libc::fork() })
}

/// Blocks every signal, so that [`serve`] receives them one by one.
pub(crate) fn block_signals() {
    // cannot fail: a full set is valid
    let _ = SigSet::all().thread_block();
}

/// Runs as PID 1 until `command` has ended; returns its raw wait status (wait(2)). Allocates
/// nothing.
pub(crate) fn serve(command: i32) -> i32 {
    // SAFETY: sigset_t is plain data, filled by sigfillset before use.
    let mut every: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: `every` is a valid sigset_t to write to.
    unsafe { libc::sigfillset(&mut every) };
    loop {
        // SAFETY: the set is valid and a null siginfo is allowed.
        let signal = unsafe { libc::sigwaitinfo(&every, std::ptr::null_mut()) };
        if signal == libc::SIGCHLD {
            if let Some(status) = reap_until(command) {
                return status;
            }
        } else if signal > 0 {
            // SAFETY: integers; `command` is our child and not reaped yet, so its number is its
            // own.
            unsafe { libc::kill(command, signal) };
        }
    }
}

/// Reaps every child that has ended; the status of `command` if it is among them.
fn reap_until(command: i32) -> Option<i32> {
    let mut status = 0;
    loop {
        // SAFETY: `status` outlives the call.
        match unsafe { libc::waitpid(-1, &mut status, libc::WNOHANG) } {
            pid if pid == command => return Some(status),
            pid if pid > 0 => {}
            _ => return None,
        }
    }
}
