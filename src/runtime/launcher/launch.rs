//! [`launch`]: forks the supervisor of one container and waits for its report.

use std::os::fd::OwnedFd;

use crate::record::Record;
use crate::runtime::supervisor::{self, Launch, Outcome, read_outcome};
use crate::runtime::{LaunchError, Runtime, StartOrder};
use crate::sys::clone::{Forked, fork};
use crate::sys::{fault, process, seqpacket};

/// As [`launch_record`], for a container without a client whose record is still to be read.
///
/// # Errors
/// As [`launch_record`].
pub(crate) fn launch(runtime: &Runtime, order: &StartOrder) -> Outcome {
    let record = runtime
        .store
        .load(&order.id)
        .map_err(|e| LaunchError::plain(e.to_string()))?;
    launch_record(runtime, order, record, None)
}

/// Starts the container: forks its supervisor, which outlives us, and waits until its command is
/// executed or has failed. `client` is the far end of an attached console; nothing the container
/// writes is lost to it.
///
/// # Errors
/// Which step failed and why; the container is STOPPED with that cause then.
pub(crate) fn launch_record(
    runtime: &Runtime,
    order: &StartOrder,
    record: Record,
    client: Option<OwnedFd>,
) -> Outcome {
    let launch = Launch::new(runtime, order, record, client.is_some());
    let (ours, theirs) = seqpacket::pair().map_err(LaunchError::nix("make the report socket"))?;
    fault::may_fail("start.fork")?;
    match fork().map_err(LaunchError::io("fork the supervisor"))? {
        Forked::Child => supervise(launch, theirs, client),
        Forked::Parent(_) => {
            drop((theirs, client));
            fault::may_die("start.wait");
            read_outcome(&ours)
        }
    }
}

/// The supervisor's whole life; a panic of ours must not unwind into the caller's stack, which this
/// process only copied.
fn supervise(launch: Launch<'_>, report: OwnedFd, client: Option<OwnedFd>) -> ! {
    let run = std::panic::AssertUnwindSafe(|| supervisor::run(launch, report, client));
    process::exit_now(match std::panic::catch_unwind(run) {
        Ok(()) => 0,
        Err(_) => 125,
    })
}
