//! The supervisor of one container: makes its cgroup, starts it, drains its output, waits for its end, records why, removes what is left.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use jiff::Timestamp;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use super::launch::say_outcome;
use super::relay::Relay;
use super::start::{Started, make_cgroup, start};
use super::{LaunchError, Runtime, StartOrder, socket};
use crate::cgroup::Cgroup;
use crate::record::{self, Event, ExitCause, LogLimits, LogWriter, Record, Status};
use crate::sys::pidfd::{self, Ended};
use crate::sys::{fds, process};

/// Where the report socket and the client are kept, so that everything above can be closed.
const REPORT_FD: i32 = 3;
const CLIENT_FD: i32 = 4;

/// The supervisor's life.
pub fn run(runtime: &Runtime, order: &StartOrder, mut record: Record, report: OwnedFd, client: Option<OwnedFd>) {
    let (report, client) = match detach(&record, report, client) {
        Ok(kept) => kept,
        Err(errno) => {
            // the descriptors are in an unknown state: ending closes them, which the caller reads as a failure
            process::exit_now(errno as i32)
        }
    };
    let cgroup = make_cgroup(runtime, &record.spec);
    let started = cgroup.and_then(|cgroup| begin(runtime, order, &mut record, cgroup, client));
    match started {
        Err(error) => {
            record_failure(runtime, &mut record, &error);
            say_outcome(&report, &Err(error));
        }
        Ok((cgroup, started, relay)) => {
            say_outcome(&report, &Ok(()));
            drop(report);
            watch(runtime, record, &cgroup, &started, relay);
        }
    }
}

/// Leaves the caller's session, terminal, folder and descriptors.
fn detach(record: &Record, report: OwnedFd, client: Option<OwnedFd>) -> nix::Result<(OwnedFd, Option<OwnedFd>)> {
    if let Some(title) = process::Title::find() {
        title.set(format!("minic-tui supervisor {}", record.spec.name).as_bytes());
    }
    process::set_name(c"minic-supervise")?;
    nix::unistd::setsid()?;
    nix::unistd::chdir("/")?;
    process::reset_signals();
    process::ignore_hangups();
    // both above 4 first, so that placing one cannot overwrite the other
    let report = fds::move_above(report, 10)?;
    let client = client.map(|c| fds::move_above(c, 10)).transpose()?;
    fds::place(report, REPORT_FD)?;
    let attached = client.is_some();
    if let Some(client) = client {
        fds::place(client, CLIENT_FD)?;
    }
    fds::close_from(if attached { CLIENT_FD as u32 + 1 } else { REPORT_FD as u32 + 1 })?;
    fds::cloexec_from(REPORT_FD as u32)?;
    let null = nix::fcntl::open("/dev/null", nix::fcntl::OFlag::O_RDWR | nix::fcntl::OFlag::O_CLOEXEC, nix::sys::stat::Mode::empty())?;
    (0..3).try_for_each(|number| fds::place(null.as_raw_fd(), number))?;
    Ok((fds::adopt(REPORT_FD), attached.then(|| fds::adopt(CLIENT_FD))))
}

/// Starts the command and records that it runs; on failure the cgroup is removed again.
fn begin(
    runtime: &Runtime,
    order: &StartOrder,
    record: &mut Record,
    cgroup: Cgroup,
    client: Option<OwnedFd>,
) -> Result<(Cgroup, Started, Relay), LaunchError> {
    let begun = begin_in(runtime, order, record, &cgroup, client);
    match begun {
        Ok((started, relay)) => Ok((cgroup, started, relay)),
        Err(error) => {
            let _ = cgroup.kill_all();
            let _ = cgroup.remove();
            Err(error)
        }
    }
}

fn begin_in(
    runtime: &Runtime,
    order: &StartOrder,
    record: &mut Record,
    cgroup: &Cgroup,
    client: Option<OwnedFd>,
) -> Result<(Started, Relay), LaunchError> {
    let store = &runtime.store;
    let plain = |e: record::StoreError| LaunchError::plain(e.to_string());
    let log_path = store.log(&record.spec.id);
    let log = LogWriter::open(&log_path, LogLimits::default()).map_err(LaunchError::io(format!("open {}", log_path.display())))?;
    let folder = store.run_folder(&record.spec.id).map_err(plain)?;
    let listener = socket::listen_in(&folder).map_err(LaunchError::nix(format!("listen in {}", folder.display())))?;
    let signals = termination_signals().map_err(LaunchError::nix("watch for signals"))?;
    let open_stdin = record.spec.interactive || client.is_some();
    let mut started = start(runtime, order, record, cgroup, open_stdin)?;
    let relay = Relay::new(&mut started, log, listener, signals, client).map_err(LaunchError::nix("relay the container's output"));
    let recorded = relay.and_then(|relay| {
        let process = record::identify(started.pid);
        // it may have ended already, and be a zombie: then its number is enough, nobody else can have it before we reap it
        let process = process.unwrap_or(record::Process { pid: started.pid, start_ticks: 0, boot_id: record::boot_id().into() });
        let restarted = matches!(record.status, Status::Stopped { since: Some(_), .. });
        record.status = record.status.clone().on(Event::Started(process, Timestamp::now())).map_err(|e| LaunchError::plain(e.to_string()))?;
        record.restarts += u32::from(restarted);
        record.supervisor = record::identify(std::process::id() as i32);
        store.save(record).map_err(plain)?;
        let _ = store.tell(&record.spec, "started", None);
        Ok(relay)
    });
    match recorded {
        Ok(relay) => Ok((started, relay)),
        Err(error) => {
            let _ = cgroup.kill_all();
            let _ = pidfd::reap(started.pidfd.as_fd());
            Err(error)
        }
    }
}

fn termination_signals() -> nix::Result<SignalFd> {
    let mut set = SigSet::empty();
    set.add(Signal::SIGTERM);
    set.thread_block()?;
    SignalFd::with_flags(&set, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
}

fn record_failure(runtime: &Runtime, record: &mut Record, error: &LaunchError) {
    let cause = ExitCause::SetupFailed { step: error.step.clone(), errno: error.errno, code: error.code };
    if let Ok(status) = record.status.clone().on(Event::Ended(cause.clone(), Timestamp::now())) {
        record.status = status;
        record.supervisor = None;
        // the caller hears of the failure in any case
        let _ = runtime.store.save(record);
        let _ = runtime.store.tell(&record.spec, "died", Some(&cause));
    }
}

/// From the first byte of output to the last word in the record.
fn watch(runtime: &Runtime, mut record: Record, cgroup: &Cgroup, started: &Started, mut relay: Relay) {
    relay.run(started.pidfd.as_fd(), || {
        let _ = cgroup.kill_all();
    });
    let ended = pidfd::reap(started.pidfd.as_fd());
    let ended = relay.command_status(started).or(ended.ok());
    relay.drain();
    let cause = cause(ended, cgroup);
    // init is dead, so its pid namespace is; what joined the cgroup by exec may be left
    let _ = cgroup.kill_all();
    let _ = cgroup.remove();
    let store = &runtime.store;
    if let Ok(status) = record.status.clone().on(Event::Ended(cause.clone(), Timestamp::now())) {
        record.status = status;
        record.supervisor = None;
        let _ = store.save(&record);
    }
    let _ = store.tell(&record.spec, "died", Some(&cause));
    if record.spec.remove {
        let _ = store.remove(&record.spec.id);
        let _ = store.tell(&record.spec, "destroyed", None);
    }
    relay.say_ended(cause);
}

/// Why it ended, read before the cgroup is removed.
fn cause(ended: Option<Ended>, cgroup: &Cgroup) -> ExitCause {
    let killed = matches!(ended, Some(Ended::Signaled(nix::libc::SIGKILL)));
    if killed && cgroup.oom_kills().is_some_and(|kills| kills > 0) {
        return ExitCause::OomKilled { peak: cgroup.memory_peak(), limit: cgroup.memory_limit() };
    }
    match ended {
        Some(Ended::Exited(code)) => ExitCause::Exited { code },
        Some(Ended::Signaled(signal)) => ExitCause::Signaled { signal },
        None => ExitCause::Lost,
    }
}
