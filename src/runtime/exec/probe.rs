//! [`Probe`]: a shell line that runs in a container, as a health check does.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use super::join::join;
use super::order::ExecOrder;
use super::plan::{ExecPlan, plan};
use super::target::{Target, open_cgroup};
use crate::cgroup::Cgroup;
use crate::record::Record;
use crate::runtime::Runtime;
use crate::runtime::pipe::{give, pipe};
use crate::runtime::terminal::set_nonblocking;
use crate::sys::clone::Cloned;
use crate::sys::pidfd::{self, Ended};
use crate::sys::{process, seqpacket};

/// A run of the check, which takes all that it started with it when it is dropped.
#[derive(Debug)]
pub(crate) struct Probe {
    /// The process that waits for its command, our child.
    process: OwnedFd,
    /// Its own cgroup, and the container's; a process that was forked is in it wherever it went.
    cgroups: Option<(Cgroup, Cgroup)>,
    /// Our end of the pipe that it writes to.
    output: Option<OwnedFd>,
}

impl Probe {
    /// One that has just begun and whose `output` can be read without waiting; without cgroups only
    /// `process` is killed.
    #[must_use]
    pub(crate) fn new(
        process: OwnedFd,
        cgroups: Option<(Cgroup, Cgroup)>,
        output: Option<OwnedFd>,
    ) -> Self {
        Self {
            process,
            cgroups,
            output,
        }
    }

    /// Our end of the pipe that it writes to, once.
    pub(crate) fn take_output(&mut self) -> Option<OwnedFd> {
        self.output.take()
    }

    /// Kills it whole. What is frozen by a v1 freezer dies when it is thawed, and is not waited
    /// for.
    pub(crate) fn kill(&self) {
        if let Some((own, _)) = &self.cgroups {
            own.kill_now();
        }
        // gone meanwhile is what we want
        let _ = pidfd::send_signal(self.process.as_fd(), nix::libc::SIGKILL);
    }

    /// Whether its process has ended.
    pub(crate) fn has_ended(&self) -> bool {
        pidfd::wait_readable(self.process.as_fd(), Some(Duration::ZERO)).unwrap_or(true)
    }

    /// How its process ended, which is over then.
    ///
    /// # Errors
    /// What waitid(2) says.
    pub(crate) fn reap(&self) -> std::io::Result<Ended> {
        pidfd::reap(self.process.as_fd())
    }

    /// Whether its container is frozen.
    pub(crate) fn is_paused(&self) -> bool {
        self.cgroups
            .as_ref()
            .is_some_and(|(_, container)| container.is_frozen())
    }
}

impl AsFd for Probe {
    /// Readable when it has ended.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.process.as_fd()
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.kill();
        if self.has_ended() {
            // reaped already, where it was judged
            let _ = pidfd::reap(self.process.as_fd());
        }
    }
}

/// Starts a shell line in the container, without input and in a cgroup of its own; its exit code is
/// the line's, and stdout and stderr are one pipe. For a process with one thread. The line dies when that process is killed.
pub(crate) fn start_probe(
    runtime: &Runtime,
    record: &Record,
    init: BorrowedFd<'_>,
    line: &str,
) -> Option<Probe> {
    let order = ExecOrder {
        argv: vec!["/bin/sh".into(), "-c".into(), line.into()],
        ..ExecOrder::default()
    };
    // nobody reads the reports, the exit code says enough
    let (far_end, reports) = seqpacket::pair().ok()?;
    let (plan, labels) = plan(runtime, record, &order).ok()?;
    let spec = &record.spec;
    let (output, stdout) = pipe(labels.as_ref()).ok()?;
    set_nonblocking(output.as_fd()).ok()?;
    give([&stdout], spec, plan.user).ok()?;
    let stderr = stdout.try_clone().ok()?;
    let plan = ExecPlan {
        streams: [None, Some(stdout), Some(stderr)],
        dies_with_parent: true,
        far_end: Some(far_end),
        ..plan
    };
    let container = open_cgroup(runtime, spec);
    let group = container.make_probe().ok()?;
    let cgroup = Target::find(&container, Some(&group)).ok()?;
    match cgroup.clone_into().ok()? {
        Cloned::Child => process::exit_now(join(&plan, spec, &cgroup, init, reports.as_fd())),
        Cloned::Parent { pidfd, .. } => {
            Some(Probe::new(pidfd, Some((group, container)), Some(output)))
        }
    }
}
