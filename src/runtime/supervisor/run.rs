//! The supervisor of one container: makes its cgroup, starts it, drains its output, waits for its
//! end, records why, starts it again where its restart policy says so, removes what is left.

use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::begin::Started;
use super::clock::StepClock;
use super::detach::{Kept, detach, keep_only};
use super::ending::{exit_cause, is_failure, read_wait_status, report_death};
use super::health::HealthMonitor;
use super::launch::Launch;
use super::prepare::{Prepared, prepare};
use super::relay::{Relay, Watched};
use super::report::send_outcome;
use super::running::RunDuties;
use crate::cgroup::{BegunCgroup, Cgroup, SupervisorCgroup};
use crate::record::{self, Event, ExitCause, Health, Lock, Process, Status, Store};
use crate::runtime::{LaunchError, Runtime};
use crate::spec::{ContainerSpec, CpuLimit, RECOVERED_AFTER};
use crate::sys::pidfd;
use crate::sys::{fault, process};

struct Supervisor<'a> {
    launch: Launch<'a>,
    relay: Relay,
    /// Restarts since it last ran for [`RECOVERED_AFTER`].
    in_a_row: u32,
    /// Says that the container is ours, until its end is recorded.
    held: Option<Lock>,
    /// Where we are since it has run for a while.
    place: Option<SupervisorCgroup>,
}

/// The supervisor's life.
pub(crate) fn run(mut launch: Launch<'_>, report: OwnedFd, client: Option<OwnedFd>) {
    if let Err(error) = detach(&launch.record) {
        record_failure(&mut launch, &error);
        return send_outcome(&report, &Err(error));
    }
    let Kept { report, client } = match keep_only(report, client) {
        Ok(kept) => kept,
        // ending closes the report socket, which the caller reads as a failure
        Err(errno) => process::exit_now(errno as i32),
    };
    launch.clock.done("fork the supervisor");
    let Prepared { held, view, relay } = match prepare(launch.runtime, &launch.record, client) {
        Ok(prepared) => prepared,
        Err(error) => {
            record_failure(&mut launch, &error);
            return send_outcome(&report, &Err(error));
        }
    };
    let mut supervisor = Supervisor {
        launch,
        relay,
        in_a_row: 0,
        held: Some(held),
        place: None,
    };
    match supervisor.begin() {
        Err(error) => {
            record_failure(&mut supervisor.launch, &error);
            send_outcome(&report, &Err(error));
        }
        Ok(started) => {
            send_outcome(&report, &Ok(()));
            drop((report, view));
            // what was needed to plan and start is not needed to watch
            process::release_memory();
            supervisor.supervise(started);
        }
    }
}

fn record_failure(launch: &mut Launch<'_>, error: &LaunchError) {
    let (store, record) = (&launch.runtime.store, &mut launch.record);
    let cause = setup_failed(error);
    if let Ok(status) = record
        .state
        .status
        .clone()
        .on(Event::Ended(cause.clone(), Timestamp::now()))
    {
        record.state.status = status;
        record.state.supervisor = None;
        record.state.restart_at = None;
        record.state.launch.clone_from(&error.launch);
        // the failure is reported to the caller anyway
        let _ = store.save(record);
        store.append_event(&record.spec, "died", Some(&cause));
    }
}

fn setup_failed(error: &LaunchError) -> ExitCause {
    ExitCause::SetupFailed {
        step: error.step.clone(),
        errno: error.errno,
        code: error.code,
    }
}

impl Supervisor<'_> {
    /// Starts the command and records that it runs; on failure the cgroup is removed again.
    fn begin(&mut self) -> Result<Started, LaunchError> {
        self.try_begin().map_err(|error| LaunchError {
            launch: self.launch.clock.steps(),
            ..error
        })
    }

    fn try_begin(&mut self) -> Result<Started, LaunchError> {
        fault::may_fail("supervisor.cgroup")?;
        let mut begun = self.launch.begin_cgroup()?;
        self.launch.clock.done("begin the cgroup");
        match self.begin_in(&mut begun) {
            Ok(started) => Ok(started),
            Err(error) => {
                begun.discard();
                Err(error)
            }
        }
    }

    fn begin_in(&mut self, begun: &mut BegunCgroup) -> Result<Started, LaunchError> {
        let mut started = self.launch.start(begun)?;
        self.launch.record.state.skipped = started.cgroup.skipped().to_vec();
        self.launch.record.state.unconfined = started.unconfined.take();
        let connected = self.connect(&mut started);
        if let Err(error) = connected.and_then(|()| self.record_start(&started)) {
            let _ = started.cgroup.kill_all();
            let _ = pidfd::reap(started.pidfd.as_fd());
            return Err(error);
        }
        Ok(started)
    }

    fn connect(&mut self, started: &mut Started) -> Result<(), LaunchError> {
        let spec = &self.launch.record.spec;
        let health = spec
            .health
            .clone()
            .map(|check| HealthMonitor::new(check, Instant::now()));
        let watched = Watched {
            health,
            // only a container with a memory limit can be short of memory by itself
            memory_pressure: spec.limits.memory.is_some(),
            cores: spec.limits.cpu.as_ref().map(CpuLimit::cores),
        };
        fault::may_fail("supervisor.connect")?;
        self.relay
            .connect(started, watched)
            .map_err(LaunchError::nix("relay the container's output"))
    }

    fn record_start(&mut self, started: &Started) -> Result<(), LaunchError> {
        // it may have ended already, and be a zombie: then its number is enough, nobody else can
        // have it before we reap it
        let unreaped = || Process {
            pid: started.pid,
            start_ticks: 0,
            boot_id: record::boot_id().into(),
        };
        let process = record::identify(started.pid).unwrap_or_else(unreaped);
        let Launch {
            runtime,
            order,
            record,
            clock,
            ..
        } = &mut self.launch;
        let again = matches!(record.state.status, Status::Stopped { since: Some(_), .. });
        let status = record
            .state
            .status
            .clone()
            .on(Event::Started(process, Timestamp::now()));
        record.state.status = status.map_err(|e| LaunchError::plain(e.to_string()))?;
        // a start by hand has none in a row before it
        record.state.restarts += u32::from(self.in_a_row > 0);
        record.state.health = record.spec.health.as_ref().map(|_| Health::Starting);
        record.state.health_report = None;
        record.state.image_root = Some(order.image.clone());
        record.state.restart_at = None;
        record.state.launch = clock.steps();
        record.state.supervisor = record::identify(std::process::id() as i32);
        fault::may_fail("supervisor.record")?;
        runtime
            .store
            .save(record)
            .map_err(|e| LaunchError::plain(e.to_string()))?;
        // a full disk must not end a container that runs and is recorded
        fault::may_die("supervisor.recorded");
        runtime.store.append_event(
            &record.spec,
            if again { "restarted" } else { "started" },
            None,
        );
        Ok(())
    }

    /// From the first byte of output to the last word in the record.
    fn supervise(mut self, mut started: Started) {
        let cause = loop {
            let began = Instant::now();
            let cause = self.watch(&started);
            if began.elapsed() >= RECOVERED_AFTER {
                self.in_a_row = 0;
            }
            let delay = if self.relay.stop_requested() {
                None
            } else {
                self.launch
                    .record
                    .spec
                    .restart
                    .delay(is_failure(&cause), self.in_a_row)
            };
            if delay.is_none() {
                self.leave_place();
            }
            if delay.is_none() && self.launch.record.spec.remove {
                return self.remove_and_end(cause);
            }
            clear(self.launch.runtime, &self.launch.record.spec);
            self.record_end(&cause, delay);
            let Some(delay) = delay else { break cause };
            if !self.relay.wait_for(delay) {
                self.give_up_restarting();
                self.leave_place();
                break cause;
            }
            self.in_a_row = self.in_a_row.saturating_add(1);
            // its limits may have been changed meanwhile
            if let Ok(fresh) = self.launch.runtime.store.load(&self.launch.record.spec.id) {
                self.launch.record.spec = fresh.spec;
            }
            self.launch.clock = StepClock::start();
            match self.begin() {
                Ok(again) => started = again,
                Err(error) => {
                    self.leave_place();
                    record_failure(&mut self.launch, &error);
                    break setup_failed(&error);
                }
            }
        };
        let Self {
            launch: Launch {
                runtime, record, ..
            },
            mut relay,
            held,
            ..
        } = self;
        // a slow client may delay this; a start or removal of the container need not wait for it
        drop(held);
        fault::may_die("supervisor.farewell");
        if record.spec.remove {
            remove_files(&runtime.store, &record.spec);
            let _ = runtime.store.free_name(&record.spec.id, &record.spec.name);
            let _ = runtime.store.free_ids(&record.spec);
            runtime.store.append_event(&record.spec, "destroyed", None);
        }
        relay.send_end(cause);
        relay.linger();
    }

    /// The end of a container that is destroyed when it ends. It is out of the list before anybody
    /// hears of its end; its cgroup and files go afterwards, for nobody has to wait for that.
    fn remove_and_end(self, cause: ExitCause) {
        let Self {
            launch: Launch {
                runtime, record, ..
            },
            mut relay,
            held,
            ..
        } = self;
        let (store, spec) = (&runtime.store, &record.spec);
        report_death(store, spec, &cause);
        let _ = store.unlist(&spec.id);
        store.append_event(spec, "destroyed", None);
        relay.send_end(cause);
        clear(runtime, spec);
        remove_files(store, spec);
        drop(held);
        let _ = store.free_name(&spec.id, &spec.name);
        let _ = store.free_ids(spec);
        relay.linger();
    }

    /// Until the container's init has ended; why it did, read before its cgroup is removed.
    fn watch(&mut self, started: &Started) -> ExitCause {
        let cgroup = &started.cgroup;
        self.relay.run(&mut RunDuties {
            runtime: self.launch.runtime,
            record: &mut self.launch.record,
            cgroup,
            init: started.pidfd.as_fd(),
            place: &mut self.place,
        });
        fault::may_die("supervisor.reap");
        let ended = pidfd::reap(started.pidfd.as_fd());
        let ended = read_wait_status(started).or(ended.ok());
        // what joined by exec, or shares the host's processes, would write on
        if !cgroup.is_deserted() {
            let _ = cgroup.kill_all();
        }
        self.relay.drain();
        exit_cause(ended, cgroup, self.relay.signalled())
    }

    fn record_end(&mut self, cause: &ExitCause, restart_in: Option<Duration>) {
        fault::may_die("supervisor.end");
        let now = Timestamp::now();
        // it may have been renamed meanwhile
        if let Ok(fresh) = self.launch.runtime.store.load(&self.launch.record.spec.id) {
            self.launch.record.spec.name = fresh.spec.name;
        }
        if let Ok(status) = self
            .launch
            .record
            .state
            .status
            .clone()
            .on(Event::Ended(cause.clone(), now))
        {
            self.launch.record.state.status = status;
            self.launch.record.state.health = None;
            self.launch.record.state.restart_at = restart_in
                .and_then(|delay| now.checked_add(SignedDuration::try_from(delay).ok()?).ok());
            if restart_in.is_none() {
                self.launch.record.state.supervisor = None;
            }
            self.launch.runtime.store.save_end(&self.launch.record);
        }
        fault::may_die("supervisor.ended");
        report_death(&self.launch.runtime.store, &self.launch.record.spec, cause);
    }

    /// Back to where its caller was, before the cgroups above are to go.
    fn leave_place(&mut self) {
        if let Some(place) = self.place.take() {
            place.leave();
        }
    }

    fn give_up_restarting(&mut self) {
        self.launch.record.state.restart_at = None;
        self.launch.record.state.supervisor = None;
        let _ = self.launch.runtime.store.save(&self.launch.record);
    }
}

/// What of it cannot be removed is told; `gc` tries again.
fn remove_files(store: &Store, spec: &ContainerSpec) {
    if let Err(error) = store.remove(&spec.id) {
        store.append_event_with(spec, "not removed", None, Some(error.to_string()));
    }
}

/// Init is dead, so its pid namespace is; what joined the cgroup by exec, or shares another's
/// processes, may be left. An update may have added a cpuset, so the cgroup is opened again.
fn clear(runtime: &Runtime, spec: &ContainerSpec) {
    let cgroup = Cgroup::open(&runtime.layout, &runtime.cgroup_parent(), &spec.id);
    fault::may_die("supervisor.kill_rest");
    let _ = cgroup.kill_all();
    fault::may_die("supervisor.remove_cgroup");
    let _ = cgroup.remove();
}
