//! prctl(2), signal dispositions, resource limits and the process title.

use std::ffi::CStr;

use nix::errno::Errno;

fn prctl(option: i32, a: u64, b: u64) -> nix::Result<i32> {
    // SAFETY: callers below pass integers, or a pointer to a NUL-terminated string that outlives
    // the call.
    Errno::result(unsafe { libc::prctl(option, a, b, 0, 0) })
}

/// PR_SET_NAME: the name that ps and top show; 15 bytes are kept.
///
/// # Errors
/// What prctl(2) says.
pub(crate) fn set_name(name: &CStr) -> nix::Result<()> {
    prctl(libc::PR_SET_NAME, name.as_ptr() as u64, 0).map(drop)
}

/// PR_SET_NO_NEW_PRIVS: execve never grants privileges from here on.
///
/// # Errors
/// What prctl(2) says.
pub(crate) fn set_no_new_privs() -> nix::Result<()> {
    prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0).map(drop)
}

/// PR_SET_DUMPABLE 0: until execve, other processes can neither ptrace this one nor open its
/// /proc/PID.
///
/// # Errors
/// What prctl(2) says.
pub(crate) fn set_undumpable() -> nix::Result<()> {
    prctl(libc::PR_SET_DUMPABLE, 0, 0).map(drop)
}

/// Joins a new, empty session keyring: children would otherwise possess the keys of the caller's
/// (keyrings(7)).
///
/// # Errors
/// EDQUOT when this user has as many keys as `kernel.keys.root_maxkeys` or `kernel.keys.maxkeys`
/// allows. ENOSYS (no keyrings) is not an error.
pub(crate) fn new_session_keyring() -> nix::Result<()> {
    const JOIN_SESSION_KEYRING: i32 = 1;
    // SAFETY: integers and a null pointer, which asks for a keyring without a name.
    match Errno::result(unsafe {
        libc::syscall(
            libc::SYS_keyctl,
            JOIN_SESSION_KEYRING,
            std::ptr::null::<libc::c_char>(),
        )
    }) {
        Err(Errno::ENOSYS) => Ok(()),
        other => other.map(drop),
    }
}

/// PR_SET_PDEATHSIG: the signal this process gets when its parent ends; 0 clears it.
///
/// # Errors
/// What prctl(2) says.
pub(crate) fn set_parent_death_signal(signal: i32) -> nix::Result<()> {
    prctl(libc::PR_SET_PDEATHSIG, signal as u64, 0).map(drop)
}

/// PR_SET_CHILD_SUBREAPER: orphans among our descendants become our children.
///
/// # Errors
/// What prctl(2) says.
pub(crate) fn adopt_orphans() -> nix::Result<()> {
    prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0).map(drop)
}

/// PR_CAPBSET_DROP: removes one capability from the bounding set.
///
/// # Errors
/// EINVAL for a capability this kernel does not know.
pub(crate) fn drop_bounding(capability: u8) -> nix::Result<()> {
    prctl(libc::PR_CAPBSET_DROP, u64::from(capability), 0).map(drop)
}

/// PR_CAP_AMBIENT_CLEAR_ALL.
///
/// # Errors
/// What prctl(2) says.
pub(crate) fn clear_ambient() -> nix::Result<()> {
    prctl(
        libc::PR_CAP_AMBIENT,
        libc::PR_CAP_AMBIENT_CLEAR_ALL as u64,
        0,
    )
    .map(drop)
}

/// Raises a capability that is permitted and inheritable into the ambient set (capabilities(7)).
///
/// # Errors
/// EPERM when it is not both, EINVAL for an unknown number.
pub(crate) fn raise_ambient(capability: u8) -> nix::Result<()> {
    prctl(
        libc::PR_CAP_AMBIENT,
        libc::PR_CAP_AMBIENT_RAISE as u64,
        capability.into(),
    )
    .map(drop)
}

/// Keeps the permitted capabilities at the next change from uid 0 to another; execve clears it
/// (prctl(2), PR_SET_KEEPCAPS).
///
/// # Errors
/// EPERM when that is locked (SECBIT_KEEP_CAPS_LOCKED).
pub(crate) fn keep_capabilities() -> nix::Result<()> {
    prctl(libc::PR_SET_KEEPCAPS, 1, 0).map(drop)
}

/// Resets every signal to its default action and unblocks all, since ignored and blocked signals
/// stay so across execve (signal(7)). Allocates nothing.
pub(crate) fn reset_signals() {
    // all zeros is SIG_DFL without flags, and as long as the kernel's own structure or longer
    const DEFAULT: [u64; 4] = [0; 4];
    const LAST: i32 = 64;
    for signal in 1..=LAST {
        // SAFETY: the kernel reads one structure with a set of 64 signals and writes nothing. It
        // refuses SIGKILL and SIGSTOP. glibc's own function would refuse the two that it uses
        // itself, which a caller can have ignored as well.
        unsafe {
            libc::syscall(
                libc::SYS_rt_sigaction,
                signal,
                DEFAULT.as_ptr(),
                std::ptr::null::<u64>(),
                size_of::<u64>(),
            )
        };
    }
    // cannot fail: the set is valid and SIG_SETMASK is a valid operation
    let _ = nix::sys::signal::SigSet::empty().thread_set_mask();
}

/// Ignores SIGCHLD: the kernel reaps children (sigaction(2), SA_NOCLDWAIT semantics).
pub(crate) fn ignore_children() {
    // SAFETY: SIG_IGN is a valid disposition for SIGCHLD.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
}

/// Resets SIGCHLD to its default, so that children can be waited for.
pub(crate) fn watch_children() {
    // SAFETY: SIG_DFL is a valid disposition for SIGCHLD.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
}

/// Whether the working directory is inside the root: otherwise getcwd(2) returns a path that is not
/// absolute. Allocates nothing.
///
/// # Errors
/// ENOENT when the folder has been removed.
pub(crate) fn is_cwd_inside_root() -> nix::Result<bool> {
    let mut path = [0_u8; libc::PATH_MAX as usize];
    // SAFETY: the kernel writes at most the given length. glibc's wrapper would return ENOENT for a
    // path that is not absolute.
    Errno::result(unsafe { libc::syscall(libc::SYS_getcwd, path.as_mut_ptr(), path.len()) })?;
    Ok(path[0] == b'/')
}

/// More of the stack than a launch uses, in bytes, and less than lies between a stack and what is
/// mapped below it (the kernel keeps 1 MiB free).
const USED_STACK: usize = 512 << 10;

/// Returns free memory to the kernel: free pages of the heap (malloc_trim(3), where the C library
/// has it), and the part of the stack below this frame.
///
/// Never inlined: the caller's locals could otherwise lie below the address that it measures from.
#[inline(never)]
pub(crate) fn release_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: takes an integer, and touches only what the allocator owns.
    unsafe {
        libc::malloc_trim(0)
    };
    const PAGE: usize = 4096;
    let here = 0_u8;
    // this function's frame and the red zone are above; the stack grows downwards on all supported
    // architectures
    let end = (std::ptr::from_ref(&here) as usize & !(PAGE - 1)).saturating_sub(2 * PAGE);
    let length = USED_STACK.min(end);
    // SAFETY: nothing below this frame is live; the kernel zero-fills it on next use. ENOMEM below
    // the stack's mapping comes after the rest was done (madvise(2)).
    unsafe {
        libc::madvise(
            (end - length) as *mut libc::c_void,
            length,
            libc::MADV_DONTNEED,
        )
    };
}

/// _exit(2): ends the process at once, without destructors or flushing.
pub(crate) fn exit_now(code: i32) -> ! {
    // SAFETY: _exit never returns and touches no memory of ours.
    unsafe { libc::_exit(code) }
}

/// The memory of this process's command line and environment, as shown by ps and
/// `/proc/PID/{cmdline,environ}`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Title {
    start: usize,
    length: usize,
}

impl Title {
    /// Finds it; `None` when its layout is not the kernel's.
    #[must_use]
    pub(crate) fn find() -> Option<Self> {
        // fields 48 to 51 of /proc/PID/stat are arg_start, arg_end, env_start, env_end (proc(5))
        let stat = super::text::read("/proc/self/stat").ok()?;
        let (_, fields) = stat.rsplit_once(')')?;
        let mut areas = fields
            .split_whitespace()
            .skip(45)
            .map_while(|f| f.parse::<usize>().ok());
        let (arg_start, arg_end, env_start, env_end) =
            (areas.next()?, areas.next()?, areas.next()?, areas.next()?);
        // the kernel puts the environment right after the arguments; overwrite nothing else
        (arg_start != 0 && arg_end == env_start && env_end > arg_start).then_some(Self {
            start: arg_start,
            length: env_end - arg_start,
        })
    }

    /// Overwrites it with `title`, as setproctitle(3) does: it names a supervisor, and hides the
    /// host's environment in a container's init. The environment must not be read afterwards.
    /// Allocates nothing.
    pub(crate) fn set(self, title: &[u8]) {
        // SAFETY: the area is this process's arguments and environment, on its writable initial
        // stack, at the same address after fork; there is one thread, and nothing reads the
        // environment later.
        let area = unsafe { std::slice::from_raw_parts_mut(self.start as *mut u8, self.length) };
        area.fill(0);
        let length = title.len().min(area.len() - 1);
        area[..length].copy_from_slice(&title[..length]);
    }
}

/// Ignores SIGHUP, SIGINT, SIGQUIT and SIGPIPE, for a process that outlives the session it was
/// started from.
pub(crate) fn ignore_hangups() {
    for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGPIPE] {
        // SAFETY: SIG_IGN is a valid disposition for these signals.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}

/// setgroups(2) to one group alone. Allocates nothing.
///
/// # Errors
/// EPERM without CAP_SETGID.
pub(crate) fn set_groups(gid: u32) -> nix::Result<()> {
    // SAFETY: one gid_t, alive during the call.
    Errno::result(unsafe { libc::setgroups(1, &raw const gid) }).map(drop)
}

/// prlimit(2): sets one resource limit of another process; `u64::MAX` is unlimited.
///
/// # Errors
/// EPERM when a hard limit would be raised without CAP_SYS_RESOURCE.
pub(crate) fn set_limit(pid: i32, resource: u32, soft: u64, hard: u64) -> nix::Result<()> {
    let limit = libc::rlimit {
        rlim_cur: soft,
        rlim_max: hard,
    };
    // SAFETY: the new limit is read during the call; no old one is asked for.
    Errno::result(unsafe {
        libc::prlimit(pid, resource as _, &raw const limit, std::ptr::null_mut())
    })
    .map(drop)
}

/// The caller's own soft and hard limit of a resource (prlimit(2)); `u64::MAX` is unlimited.
///
/// # Errors
/// EINVAL for a resource that the kernel does not know.
pub(crate) fn limit(resource: u32) -> nix::Result<(u64, u64)> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: nothing is set, and the old limit is written to a live struct of the right kind.
    Errno::result(unsafe { libc::prlimit(0, resource as _, std::ptr::null(), &raw mut limit) })?;
    Ok((limit.rlim_cur, limit.rlim_max))
}

/// setpriority(2) of another process.
///
/// # Errors
/// EPERM without CAP_SYS_NICE.
pub(crate) fn set_nice(pid: i32, nice: i32) -> nix::Result<()> {
    // SAFETY: integers only.
    Errno::result(unsafe { libc::setpriority(libc::PRIO_PROCESS, pid as libc::id_t, nice) })
        .map(drop)
}
