//! [`launch`]: forks the supervisor of one container and waits for its word.

use std::os::fd::OwnedFd;
use std::time::Instant;

use crate::record::Record;
use crate::runtime::supervisor::{self, Outcome, read_outcome};
use crate::runtime::{LaunchError, Runtime, StartOrder};
use crate::sys::clone::{Forked, fork};
use crate::sys::{process, seqpacket};

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
    let began = Instant::now();
    let (ours, theirs) = seqpacket::pair().map_err(LaunchError::nix("make the report socket"))?;
    LaunchError::at("start.fork")?;
    match fork().map_err(LaunchError::io("fork the supervisor"))? {
        Forked::Child => supervise(runtime, order, record, theirs, client, began),
        Forked::Parent(_) => {
            drop((theirs, client));
            // failing here would be a lie: it is being started. Being killed here is what tests
            // want
            let _ = LaunchError::at("start.wait");
            read_outcome(&ours)
        }
    }
}

/// The supervisor's whole life; a panic of ours must not unwind into the caller's stack, which this
/// process only copied.
fn supervise(
    runtime: &Runtime,
    order: &StartOrder,
    record: Record,
    report: OwnedFd,
    client: Option<OwnedFd>,
    began: Instant,
) -> ! {
    let run = std::panic::AssertUnwindSafe(|| {
        supervisor::run(runtime, order, record, report, client, began)
    });
    process::exit_now(match std::panic::catch_unwind(run) {
        Ok(()) => 0,
        Err(_) => 125,
    })
}
