//! [`RunDuties`]: what is done for a container while it runs.

use std::os::fd::{BorrowedFd, OwnedFd};

use super::duties::Duties;
use super::health::{Judgement, ProbeStart};
use crate::cgroup::{Cgroup, SupervisorCgroup};
use crate::record::{Health, Record};
use crate::runtime::Runtime;
use crate::runtime::exec::start_probe;
use crate::sys::{fault, pidfd};

/// The most characters of a check's result in an event.
const EVENT_CHARS: usize = 200;

/// What the loop needs of a running container.
pub(super) struct RunDuties<'a> {
    pub runtime: &'a Runtime,
    pub record: &'a mut Record,
    pub cgroup: &'a Cgroup,
    pub init: BorrowedFd<'a>,
    pub place: &'a mut Option<SupervisorCgroup>,
}

impl Duties for RunDuties<'_> {
    fn settle(&mut self) {
        if self.place.is_none() {
            let parent = self.runtime.cgroup_parent();
            // where that cannot be had it stays where it was: what it uses is bounded all the same
            *self.place = SupervisorCgroup::join(&self.runtime.layout, &parent).unwrap_or(None);
        }
    }

    fn cap(&self) -> Option<f64> {
        self.cgroup.cpu_cap()
    }

    fn kill(&mut self) {
        fault::may_die("supervisor.kill");
        let _ = self.cgroup.kill_all();
        // one that was moved out of its cgroup ends all the same, and its pid namespace with it
        let _ = pidfd::send_signal(self.init, nix::libc::SIGKILL);
    }

    fn probe(&mut self, line: &str) -> ProbeStart {
        if self.cgroup.is_frozen() {
            return ProbeStart::NotNow;
        }
        start_probe(self.runtime, self.record, self.init, line)
            .map_or(ProbeStart::Failed, ProbeStart::Started)
    }

    fn watch_pressure(&mut self) -> Option<OwnedFd> {
        // not on a kernel without PSI, which `info` shows
        self.cgroup.watch_memory_pressure().ok().flatten()
    }

    fn pressed(&mut self) {
        self.runtime
            .store
            .append_event(&self.record.spec, "memory pressure", None);
    }

    fn judged(&mut self, judgement: Judgement) {
        let Judgement {
            verdict,
            is_new,
            report,
        } = judgement;
        let why = report
            .last_run
            .as_ref()
            .filter(|_| verdict == Health::Unhealthy)
            .map(|run| run.brief().chars().take(EVENT_CHARS).collect());
        // a pause is recorded by who paused it: what is on disk is fresher than what is here
        let changed = self.runtime.store.change(&self.record.spec.id, |fresh| {
            fresh.state.health = Some(verdict);
            fresh.state.health_report = Some(report);
            true
        });
        if let Ok((fresh, _)) = changed {
            *self.record = fresh;
        }
        if is_new {
            let (store, spec) = (&self.runtime.store, &self.record.spec);
            store.append_event_with(spec, verdict.word(), None, why);
        }
    }
}
