//! [`launch`]: forks the supervisor of one container and waits for its word.

use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::{LaunchError, supervisor};
use crate::cgroup::Layout;
use crate::record::{Record, Store};
use crate::spec::ContainerId;
use crate::sys::clone::{Forked, fork};
use crate::sys::tty::WindowSize;
use crate::sys::{process, seqpacket};

/// What every launch needs: where records are, and how this host's cgroups lie. Found out once,
/// before any fork.
#[derive(Debug, Clone)]
pub(crate) struct Runtime {
    /// The records.
    pub store: Store,
    /// The host's cgroup layout.
    pub layout: Layout,
}

/// Which container to start, from what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StartOrder {
    /// The container.
    pub id: ContainerId,
    /// Its image's root folder.
    pub image: PathBuf,
    /// The size of its terminal from the start on, when somebody's is attached.
    #[serde(default)]
    pub window: Option<WindowSize>,
}

/// A supervisor's word to who asked for it.
pub(super) type Outcome = Result<(), LaunchError>;

/// As [`launch_record`], for a container without a client whose record is still to be read.
///
/// # Errors
/// As [`launch_record`].
pub(super) fn launch(runtime: &Runtime, order: &StartOrder) -> Outcome {
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

fn read_outcome(report: &OwnedFd) -> Outcome {
    let mut buffer = vec![0; 64 * 1024];
    match seqpacket::receive(report.as_fd(), &mut buffer, true) {
        Ok(0) => Err(LaunchError::plain("the supervisor ended without a word")),
        Ok(length) => serde_json::from_slice(&buffer[..length])
            .unwrap_or_else(|e| Err(LaunchError::plain(format!("the supervisor's word: {e}")))),
        Err(errno) => Err(LaunchError::own("hear from the supervisor", errno)),
    }
}

/// Says the outcome to whoever waits in [`read_outcome`]. Nobody may be left (a killed screen);
/// that changes nothing.
pub(super) fn say_outcome(report: &OwnedFd, outcome: &Outcome) {
    if let Ok(json) = serde_json::to_vec(outcome) {
        let _ = seqpacket::send(report.as_fd(), &json, true);
    }
}
