//! Beginning an exec: the process that joins the container is forked.

use std::os::fd::{AsFd, OwnedFd};

use super::join::join;
use super::order::ExecOrder;
use super::pipes::{self, NearEnds};
use super::plan::plan;
use super::target::{Target, open_cgroup};
use crate::record::{self, Process, Record};
use crate::runtime::{LaunchError, Runtime};
use crate::sys::clone::Cloned;
use crate::sys::program::{self, ReadOnlyView};
use crate::sys::{fault, pidfd, process, seqpacket};

/// A process that joins the container and executes the command.
pub(crate) struct Begun {
    /// Its messages come out of this.
    pub socket: OwnedFd,
    /// To be kept until the first of the messages: that process would have to wait for the kernel
    /// to take it away otherwise.
    pub(super) view: ReadOnlyView,
    /// Our ends of the command's streams; `None` when it has a terminal.
    pub(super) streams: Option<NearEnds>,
}

/// Forks the process that joins the container and executes the command. `leave` is called in that
/// process, to give up what it inherited and must not keep.
///
/// # Errors
/// When there is no such container any more, or this process cannot fork.
pub(crate) fn begin(
    runtime: &Runtime,
    record: &Record,
    target: &Process,
    order: &ExecOrder,
    leave: impl FnOnce(),
) -> Result<Begun, LaunchError> {
    let spec = &record.spec;
    let (mut plan, labels) = plan(runtime, record, order)?;
    let mut streams = None;
    if !order.tty {
        let (theirs, ours) = pipes::make(spec, plan.user, labels.as_ref(), order.interactive)?;
        (plan.streams, streams) = (theirs, Some(ours));
    }
    let init = pidfd::open(target.pid).map_err(LaunchError::io("open the container's init"))?;
    // only now is the number tied to a process: is it still the one that was recorded?
    if !record::is_alive(target) {
        return Err(LaunchError::plain("the container has just ended"));
    }
    let cgroup = Target::find(&open_cgroup(runtime, spec), None)?;
    let view = program::make_read_only()
        .map_err(LaunchError::io("protect our program from the container"))?;
    let (ours, theirs) = seqpacket::pair().map_err(LaunchError::nix("make the exec socket"))?;
    fault::may_fail("exec.fork")?;
    match cgroup.clone_into().map_err(LaunchError::io("fork"))? {
        Cloned::Child => {
            drop(ours);
            leave();
            process::exit_now(join(&plan, spec, &cgroup, init.as_fd(), theirs.as_fd()))
        }
        Cloned::Parent { .. } => {
            fault::may_fail("exec.watch")?;
            Ok(Begun {
                socket: ours,
                view,
                streams,
            })
        }
    }
}
