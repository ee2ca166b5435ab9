//! What a supervisor needs before it starts its container the first time: the container itself, as
//! nobody else's; its log, socket and signals.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use super::relay::Relay;
use crate::record::{Lock, LogWriter, Record};
use crate::runtime::{LaunchError, Runtime, socket};
use crate::sys::{fault, program};

/// How long the present holder of the container may keep it: a check takes microseconds, an end
/// milliseconds.
const HANDOVER: Duration = Duration::from_secs(10);
const HANDOVER_LOOK: Duration = Duration::from_millis(2);

/// What is needed before the first start.
pub(super) struct Prepared {
    /// Says that the container is ours.
    pub held: Lock,
    /// Keeps our program out of its reach.
    pub view: program::ReadOnlyView,
    /// Where its output goes.
    pub relay: Relay,
}

/// Prepares the first start.
///
/// # Errors
/// When another supervisor holds it, or its log or socket cannot be opened.
pub(super) fn prepare(
    runtime: &Runtime,
    record: &Record,
    client: Option<OwnedFd>,
) -> Result<Prepared, LaunchError> {
    let held = take_over(runtime, record)?;
    let view = program::make_read_only()
        .map_err(LaunchError::io("protect our program from the container"))?;
    let relay = make_relay(runtime, record, client)?;
    Ok(Prepared { held, view, relay })
}

/// Makes the container ours. Whoever looks for what crashes left holds the same for a moment, and
/// so does a supervisor that is ending.
fn take_over(runtime: &Runtime, record: &Record) -> Result<Lock, LaunchError> {
    fault::may_fail("supervisor.hold")?;
    let id = &record.spec.id;
    let asked = Instant::now();
    loop {
        match runtime.store.try_supervise(id) {
            Ok(Some(held)) => return Ok(held),
            Ok(None) if asked.elapsed() < HANDOVER => std::thread::sleep(HANDOVER_LOOK),
            Ok(None) => {
                return Err(LaunchError::plain(
                    "another supervisor still runs for it, and does not end",
                ));
            }
            Err(error) => return Err(LaunchError::plain(error.to_string())),
        }
    }
}

/// Log, socket and signals: everything that outlives a restart.
fn make_relay(
    runtime: &Runtime,
    record: &Record,
    client: Option<OwnedFd>,
) -> Result<Relay, LaunchError> {
    fault::may_fail("supervisor.log")?;
    let path = runtime.store.log(&record.spec.id);
    let limits = record.spec.log.unwrap_or_default();
    let log = LogWriter::open(&path, limits)
        .map_err(LaunchError::io(format!("open {}", path.display())))?;
    let log = log.with_rate(record.spec.log_rate);
    fault::may_fail("supervisor.listen")?;
    let folder = runtime
        .store
        .run_folder(&record.spec.id)
        .map_err(|e| LaunchError::plain(e.to_string()))?;
    let listener = socket::listen_in(&folder)
        .map_err(LaunchError::nix(format!("listen in {}", folder.display())))?;
    let signals = termination_signals().map_err(LaunchError::nix("watch for signals"))?;
    Ok(Relay::new(log, listener, signals, client))
}

fn termination_signals() -> nix::Result<SignalFd> {
    let mut set = SigSet::empty();
    set.add(Signal::SIGTERM);
    set.thread_block()?;
    SignalFd::with_flags(&set, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
}
