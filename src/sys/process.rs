//! prctl(2) pieces and signal dispositions.

use std::ffi::CStr;

use nix::errno::Errno;

fn prctl(option: i32, a: u64, b: u64) -> nix::Result<i32> {
    // SAFETY: callers below pass integers, or a pointer to a NUL-terminated string that outlives the call.
    Errno::result(unsafe { libc::prctl(option, a, b, 0, 0) })
}

/// PR_SET_NAME: the name that ps and top show; 15 bytes are kept.
///
/// # Errors
/// What prctl(2) says.
pub fn set_name(name: &CStr) -> nix::Result<()> {
    prctl(libc::PR_SET_NAME, name.as_ptr() as u64, 0).map(drop)
}

/// PR_SET_NO_NEW_PRIVS: execve never gives more privilege from here on.
///
/// # Errors
/// What prctl(2) says.
pub fn set_no_new_privs() -> nix::Result<()> {
    prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0).map(drop)
}

/// PR_SET_DUMPABLE 0: neither ptrace nor /proc/PID opens this process to others until it executes something.
///
/// # Errors
/// What prctl(2) says.
pub fn set_undumpable() -> nix::Result<()> {
    prctl(libc::PR_SET_DUMPABLE, 0, 0).map(drop)
}

/// PR_SET_PDEATHSIG: the signal this process gets when its parent ends; 0 takes it back.
///
/// # Errors
/// What prctl(2) says.
pub fn set_parent_death_signal(signal: i32) -> nix::Result<()> {
    prctl(libc::PR_SET_PDEATHSIG, signal as u64, 0).map(drop)
}

/// PR_CAPBSET_DROP: removes one capability from the bounding set.
///
/// # Errors
/// EINVAL for a capability this kernel does not know.
pub fn drop_bounding(capability: u8) -> nix::Result<()> {
    prctl(libc::PR_CAPBSET_DROP, u64::from(capability), 0).map(drop)
}

/// PR_CAP_AMBIENT_CLEAR_ALL.
///
/// # Errors
/// What prctl(2) says.
pub fn clear_ambient() -> nix::Result<()> {
    prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL as u64, 0).map(drop)
}

/// Gives every signal its default action and unblocks all: what a program expects after execve (Rust's start-up ignores SIGPIPE,
/// and an ignored signal stays ignored across execve, signal(7)).
pub fn reset_signals() {
    for signal in 1..=64 {
        // SAFETY: SIG_DFL is a valid disposition for every signal; the calls that the kernel refuses (KILL, STOP) change nothing.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    let none = nix::sys::signal::SigSet::empty();
    // cannot fail: the set is valid and SIG_SETMASK is a valid operation
    let _ = none.thread_set_mask();
}

/// SIGCHLD ignored: ended children are reaped by the kernel (sigaction(2), SA_NOCLDWAIT semantics).
pub fn ignore_children() {
    // SAFETY: SIG_IGN is a valid disposition for SIGCHLD.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
}

/// SIGCHLD back to its default, so that children can be waited for.
pub fn watch_children() {
    // SAFETY: SIG_DFL is a valid disposition for SIGCHLD.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
}

/// _exit(2): ends the process at once, without destructors or flushing.
pub fn exit_now(code: i32) -> ! {
    // SAFETY: _exit never returns and touches no memory of ours.
    unsafe { libc::_exit(code) }
}

/// Overwrites this process's command line and environment, as ps and `/proc/PID/{cmdline,environ}` show them, with `title`
/// (the technique of setproctitle(3)): a supervisor says what it is, and a container's init shows nothing of the host's environment.
/// Where the areas cannot be found nothing happens. The environment must not be read afterwards.
pub fn set_title(title: &str) {
    // fields 48 to 51 of /proc/PID/stat are arg_start, arg_end, env_start, env_end (proc(5))
    let Ok(stat) = std::fs::read_to_string("/proc/self/stat") else { return };
    let Some((_, fields)) = stat.rsplit_once(')') else { return };
    let mut areas = fields.split_whitespace().skip(45).map_while(|f| f.parse::<usize>().ok());
    let (Some(arg_start), Some(arg_end), Some(env_start), Some(env_end)) = (areas.next(), areas.next(), areas.next(), areas.next()) else {
        return;
    };
    // the kernel lays the environment right behind the arguments; anything else is not ours to overwrite
    if arg_start == 0 || arg_end != env_start || env_end <= arg_start {
        return;
    }
    // SAFETY: the kernel says that [arg_start, env_end) is this process's own argument and environment area, which is on the
    // writable initial stack; the process has one thread, and nothing keeps a reference into it that is read later.
    let area = unsafe { std::slice::from_raw_parts_mut(arg_start as *mut u8, env_end - arg_start) };
    area.fill(0);
    let length = title.len().min(area.len() - 1);
    area[..length].copy_from_slice(&title.as_bytes()[..length]);
}

/// SIGHUP, SIGINT, SIGQUIT and SIGPIPE ignored: for a process that outlives the session it was started from.
pub fn ignore_hangups() {
    for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGPIPE] {
        // SAFETY: SIG_IGN is a valid disposition for these signals.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}
