//! Fault injection for tests: makes a step fail, or kills its process there. Only with debug
//! assertions; in a release build every call is an empty function.
//!
//! `MINIC_FAULT=STEP#N=fail:FILE` or `…=kill:FILE`, where FILE has at least one byte, all zero: the
//! first process that reaches the step's N-th occurrence (from 0) writes 1 there, and fails with
//! EIO or is killed. Planned before any fork, so that it works in a container's init too, which may
//! not allocate, and after its pivot. `tests/privileged/faults.rs` tries every step.

use nix::errno::Errno;

/// The failure of a step, planned by a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlannedFault {
    /// The step's name.
    pub step: &'static str,
}

impl From<PlannedFault> for Errno {
    fn from(_: PlannedFault) -> Self {
        Self::EIO
    }
}

impl From<PlannedFault> for std::io::Error {
    fn from(fault: PlannedFault) -> Self {
        Errno::from(fault).into()
    }
}

/// Call before the step named `step`, which can fail.
///
/// # Errors
/// When a test wants the step to fail.
#[inline(always)]
pub(crate) fn may_fail(step: &'static str) -> Result<(), PlannedFault> {
    may_fail_at(step, 0)
}

/// As [`may_fail`], for a step that occurs several times: `nth` says which.
///
/// # Errors
/// When a test wants the step to fail.
#[inline(always)]
pub(crate) fn may_fail_at(step: &'static str, nth: u16) -> Result<(), PlannedFault> {
    if happens(step, nth) {
        Err(PlannedFault { step })
    } else {
        Ok(())
    }
}

/// Call before the step named `step`, which cannot report a failure. A test may kill the process
/// there.
#[inline(always)]
pub(crate) fn may_die(step: &'static str) {
    happens(step, 0);
}

#[cfg(not(debug_assertions))]
#[inline(always)]
fn happens(_: &'static str, _: u16) -> bool {
    false
}

#[cfg(debug_assertions)]
use armed::happens;

#[cfg(debug_assertions)]
mod armed {
    use std::fs::File;
    use std::os::fd::AsRawFd;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU8, Ordering};

    use crate::sys::process;

    struct Fault {
        step: String,
        nth: u16,
        kills: bool,
        /// Shared by all processes of a test, so that a fault happens once.
        happened: &'static AtomicU8,
    }

    /// Whether the fault planned for occurrence `nth` of `step` happens now; a planned kill does
    /// not return.
    pub(super) fn happens(step: &'static str, nth: u16) -> bool {
        static PLANNED: OnceLock<Option<Fault>> = OnceLock::new();
        match PLANNED.get_or_init(planned) {
            Some(fault)
                if fault.step == step
                    && fault.nth == nth
                    && fault.happened.swap(1, Ordering::SeqCst) == 0 =>
            {
                if fault.kills {
                    let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL);
                    // the first process of a pid namespace cannot kill itself
                    process::exit_now(137);
                }
                true
            }
            _ => false,
        }
    }

    fn planned() -> Option<Fault> {
        let text = std::env::var("MINIC_FAULT").ok()?;
        let (place, what) = text.split_once('=')?;
        let (how, path) = what.split_once(':')?;
        let (step, nth) = place.split_once('#').unwrap_or((place, "0"));
        let file = File::options().read(true).write(true).open(path).ok()?;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new shared mapping of one page, never unmapped; the tests' file has its first
        // byte for as long as they run.
        let page = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                1,
                access,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                0,
            )
        };
        if page == libc::MAP_FAILED {
            return None;
        }
        // SAFETY: the page is never unmapped, and only atomic accesses are made to its first
        // byte.
        let happened = unsafe { AtomicU8::from_ptr(page.cast()) };
        Some(Fault {
            step: step.to_owned(),
            nth: nth.parse().ok()?,
            kills: how == "kill",
            happened,
        })
    }
}
