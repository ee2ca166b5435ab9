//! execve(2) with everything allocated beforehand.

use std::ffi::{CStr, CString};
use std::os::raw::c_char;

use nix::errno::Errno;

/// A command ready to execute: candidate paths, arguments and environment.
#[derive(Debug)]
pub(crate) struct ExecImage {
    candidates: Vec<CString>,
    argv: Vec<CString>,
    /// Owns what `env_pointers` points to.
    _env: Vec<CString>,
    argv_pointers: Vec<*const c_char>,
    env_pointers: Vec<*const c_char>,
}

impl ExecImage {
    /// `candidates` are tried in order, as execvp(3) does with PATH.
    #[must_use]
    pub(crate) fn new(candidates: Vec<CString>, argv: Vec<CString>, env: Vec<CString>) -> Self {
        // the text of a CString does not move with the Vec that holds it
        let pointers = |texts: &[CString]| {
            texts
                .iter()
                .map(|t| t.as_ptr())
                .chain([std::ptr::null()])
                .collect()
        };
        Self {
            argv_pointers: pointers(&argv),
            env_pointers: pointers(&env),
            candidates,
            argv,
            _env: env,
        }
    }

    /// The name that the user gave.
    #[must_use]
    pub(crate) fn name(&self) -> &CStr {
        self.argv.first().map_or(c"", |a| a)
    }

    /// Executes the first candidate that the kernel accepts; returns only on failure. Allocates
    /// nothing.
    ///
    /// The errno is EACCES when a candidate exists but may not be executed, else that of the last
    /// one (execvp(3)).
    pub(crate) fn exec(&self) -> Errno {
        let mut verdict = Errno::ENOENT;
        for candidate in &self.candidates {
            // SAFETY: the three arguments are NUL-terminated and outlive the call; execve replaces
            // the process or returns.
            unsafe {
                libc::execve(
                    candidate.as_ptr(),
                    self.argv_pointers.as_ptr(),
                    self.env_pointers.as_ptr(),
                )
            };
            match Errno::last() {
                Errno::ENOENT | Errno::ENOTDIR => {}
                Errno::EACCES => verdict = Errno::EACCES,
                other => return other,
            }
        }
        verdict
    }
}
