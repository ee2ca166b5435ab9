//! The steps of a container's init, and the report of the one that failed.

use nix::errno::Errno;
use strum::VariantArray;

/// Steps in the order init takes them. A failing one is reported by number, because after clone3
/// nothing formats text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
#[repr(u8)]
pub enum Step {
    /// Namespaces that it was not born in.
    Namespaces,
    /// Waiting for the supervisor's word that its ids and its network are ready.
    Go,
    /// Clocks of its own.
    Clocks,
    /// Root of its own user namespace.
    Users,
    /// A session of its own.
    Session,
    /// The host name.
    Hostname,
    /// Bringing `lo` up.
    Network,
    /// One of the mounts; the report's index tells which.
    Mount,
    /// One of the kernel settings; the report's index tells which.
    Sysctl,
    /// Masking a path of `/proc` or `/sys`; the report's index tells which.
    Protect,
    /// Joining the cgroups that it was not born in, once the supervisor has made them.
    Cgroup,
    /// The cgroup namespace.
    CgroupNamespace,
    /// The terminal.
    Terminal,
    /// Standard input, output and error.
    Stdio,
    /// The working directory.
    Workdir,
    /// Resource limits.
    Ulimits,
    /// Capabilities, no_new_privs and seccomp.
    Restrict,
    /// The init that stays as PID 1.
    Reaper,
    /// The marker that set-up is over.
    Marker,
    /// The command itself.
    Exec,
}

/// What init says when a step fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepReport {
    /// Which step.
    pub step: Step,
    /// Which mount or setting, for [`Step::Mount`], [`Step::Sysctl`] and [`Step::Protect`].
    pub index: u16,
    /// What the kernel said.
    pub errno: i32,
}

/// First byte of a message from init.
pub(crate) const REPORT: u8 = b'F';
/// First byte of the message that set-up is over and execve follows.
pub(crate) const MARKER: u8 = b'M';
/// First byte of the message that carries the terminal's master.
pub(crate) const TERMINAL: u8 = b'T';
/// The message that a time namespace is made, whose clocks the supervisor now sets.
pub(crate) const CLOCKS: u8 = b'C';
/// The message that the namespaces are made which init was not born in.
pub(crate) const NAMESPACES: u8 = b'N';
/// First byte of the message with the number of the process that goes on as the container's init,
/// after which the sender ends.
pub(crate) const SUCCESSOR: u8 = b'I';
/// Length of a message that goes through a pipe.
pub(crate) const FRAME: usize = 8;
/// The supervisor's word to begin, with the container's root where the supervisor mounted it.
pub(crate) const GO: u8 = b'G';
/// The supervisor's word that the cgroups have their limits, with the v1 ones' `tasks` files.
pub(crate) const LIMITED: u8 = b'L';

impl StepReport {
    /// A report of `step`.
    #[must_use]
    pub fn new(step: Step, errno: Errno) -> Self {
        Self {
            step,
            index: 0,
            errno: errno as i32,
        }
    }

    /// Eight bytes for the socket; allocates nothing.
    #[must_use]
    pub fn encode(&self) -> [u8; 8] {
        let [i0, i1] = self.index.to_le_bytes();
        let [e0, e1, e2, e3] = self.errno.to_le_bytes();
        [REPORT, self.step as u8, i0, i1, e0, e1, e2, e3]
    }

    /// Reads what [`StepReport::encode`] wrote; `None` for anything else.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let [REPORT, step, i0, i1, e0, e1, e2, e3] = *bytes else {
            return None;
        };
        let step = *Step::VARIANTS.get(usize::from(step))?;
        Some(Self {
            step,
            index: u16::from_le_bytes([i0, i1]),
            errno: i32::from_le_bytes([e0, e1, e2, e3]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_survives_the_socket() {
        for (number, step) in Step::VARIANTS.iter().copied().enumerate() {
            assert_eq!(step as usize, number);
            let report = StepReport {
                step,
                index: 300,
                errno: 13,
            };
            assert_eq!(StepReport::decode(&report.encode()), Some(report));
        }
        assert_eq!(StepReport::decode(b"M"), None);
        assert_eq!(StepReport::decode(&[REPORT, 99, 0, 0, 0, 0, 0, 0]), None);
    }
}
