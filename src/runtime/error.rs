//! [`LaunchError`]: which step of a launch failed, on what, and what the kernel said.

use std::ffi::CStr;

use nix::errno::Errno;
use serde::{Deserialize, Serialize};

use crate::record::LaunchStep;
use crate::sys::fault::PlannedFault;

/// How much of a command's name an error shows, in characters.
const MAX_NAME: usize = 256;

/// A launch that failed. It crosses processes as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{step}{}", self.reason())]
pub struct LaunchError {
    /// What was tried, on what.
    pub step: String,
    /// What the kernel said; 0 when no errno was involved.
    pub errno: i32,
    /// The exit code it is reported with: 125 our own failure, 126 not executable, 127 not found.
    pub code: i32,
    /// The steps that were done before.
    #[serde(default)]
    pub launch: Vec<LaunchStep>,
}

impl LaunchError {
    /// A failure of our own.
    pub fn own(step: impl Into<String>, errno: Errno) -> Self {
        Self {
            step: step.into(),
            errno: errno as i32,
            code: 125,
            launch: Vec::new(),
        }
    }

    /// A failure of our own without an errno.
    pub fn plain(step: impl Into<String>) -> Self {
        Self {
            step: step.into(),
            errno: 0,
            code: 125,
            launch: Vec::new(),
        }
    }

    /// For `map_err` on io errors.
    pub fn io(step: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let step = step.into();
        move |error| match error.raw_os_error() {
            Some(errno) => Self {
                step,
                errno,
                code: 125,
                launch: Vec::new(),
            },
            None => Self {
                step: format!("{step}: {error}"),
                errno: 0,
                code: 125,
                launch: Vec::new(),
            },
        }
    }

    /// For `map_err` on nix errors.
    pub fn nix(step: impl Into<String>) -> impl FnOnce(Errno) -> Self {
        let step = step.into();
        move |errno| Self::own(step, errno)
    }

    /// A command that could not be executed.
    #[must_use]
    pub fn command(name: &str, errno: Errno) -> Self {
        // a name may be as long as the kernel takes an argument (128 KiB), and an error crosses a
        // socket
        let name: String = match name.char_indices().nth(MAX_NAME) {
            Some((end, _)) => format!("{}…", &name[..end]),
            None => name.to_owned(),
        };
        let (step, code) = match errno {
            Errno::ENOENT => (format!("{name}: command not found in the container"), 127),
            Errno::E2BIG => (
                format!(
                    "cannot execute {name}: its arguments and environment are larger than the kernel takes"
                ),
                126,
            ),
            _ => (format!("cannot execute {name}"), 126),
        };
        Self {
            step,
            errno: if matches!(errno, Errno::ENOENT | Errno::E2BIG) {
                0
            } else {
                errno as i32
            },
            code,
            launch: Vec::new(),
        }
    }

    /// A working directory that is not in the container.
    pub fn outside(folder: &CStr) -> Self {
        Self::plain(format!(
            "the working directory {folder:?} leads out of the container"
        ))
    }

    fn reason(&self) -> String {
        if self.errno == 0 {
            String::new()
        } else {
            format!(": {}", Errno::from_raw(self.errno).desc())
        }
    }
}

impl From<PlannedFault> for LaunchError {
    fn from(fault: PlannedFault) -> Self {
        Self::own(format!("cannot take the step {}", fault.step), fault.into())
    }
}
