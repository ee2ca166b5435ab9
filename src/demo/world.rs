//! [`World`]: the state of all simulated containers and their host.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::containers::{InitialState, Template, behaviour_of};
use super::launch::launch_steps;
use super::simulation::Simulation;
use crate::manager::Error;
use crate::record::{Event, ExitCause, Process, Record, State, Status};
use crate::spec::{ContainerId, ContainerRequest, ContainerSpec, preview};

/// Signals that end a made-up process: HUP, INT, QUIT, ABRT, KILL, SEGV, TERM.
pub(super) const FATAL_SIGNALS: [i32; 7] = [1, 2, 3, 6, 9, 11, 15];

/// Maximum step of the simulation, too short to notice.
const STEP: Duration = Duration::from_millis(100);
/// Simulated time before the demo begins, so that logs and counters are not empty.
const WARM_UP: Duration = Duration::from_secs(90);
const BOOT_ID: &str = "demo";
const SIGTERM: i32 = 15;

/// One simulated container.
#[derive(Debug)]
pub(super) struct Member {
    /// Its record.
    pub record: Record,
    /// What it uses and writes.
    pub simulation: Simulation,
}

/// All simulated containers.
#[derive(Debug)]
pub(super) struct World {
    /// Every container, by creation time.
    pub members: Vec<Member>,
    /// The trash, and when each was moved there.
    pub trash: Vec<(Timestamp, Member)>,
    /// Number of changes of records.
    pub version: u64,
    /// When the demo began.
    pub began: Timestamp,
    lived: Duration,
    state: u64,
    last_pid: i32,
}

impl World {
    /// A world from `seed`, with `now` as its time.
    pub(super) fn new(seed: u64, now: Timestamp, templates: Vec<Template>) -> Self {
        let mut world = Self {
            members: Vec::new(),
            trash: Vec::new(),
            version: 0,
            began: now - to_signed(WARM_UP),
            lived: Duration::ZERO,
            state: seed,
            last_pid: 4_100,
        };
        for template in templates {
            world.cast(template, now);
        }
        world.advance(now);
        world
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn new_id(&mut self) -> ContainerId {
        let [a, b, c, d, e, f, ..] = self.random().to_le_bytes();
        ContainerId::from_random([a, b, c, d, e, f])
    }

    fn process(&mut self) -> Process {
        self.last_pid += 7 + (self.random() % 90) as i32;
        Process {
            pid: self.last_pid,
            start_ticks: self.random() >> 32,
            boot_id: BOOT_ID.into(),
        }
    }

    fn cast(&mut self, template: Template, now: Timestamp) {
        let id = self.new_id();
        // all templates resolve; one that does not is left out
        let Ok(mut spec) = preview(id, Some(template.name), &template.request) else {
            return;
        };
        spec.preset = template.preset.map(str::to_owned);
        let ago = |seconds: u64| now - SignedDuration::from_secs(seconds as i64);
        let limit = spec.limits.memory;
        let (status, created_at) = match template.initial {
            InitialState::Up(seconds) => (
                Status::Running {
                    process: self.process(),
                    since: ago(seconds),
                },
                ago(seconds + 1),
            ),
            InitialState::Created => (Status::Created, ago(40)),
            InitialState::Exited(seconds, code) => (
                ended(ExitCause::Exited { code }, ago(seconds + 12), ago(seconds)),
                ago(seconds + 13),
            ),
            InitialState::OomKilled(seconds) => (
                ended(
                    ExitCause::OomKilled { peak: limit, limit },
                    ago(seconds + 31),
                    ago(seconds),
                ),
                ago(seconds + 32),
            ),
        };
        let phase = (self.random() % 628) as f64 / 100.0;
        let mut simulation = Simulation::new(template.behaviour, phase);
        if status.is_alive() {
            simulation.begin();
        } else if let Status::Stopped { at, .. } = status {
            simulation.say(at, true, "last words before the end");
        }
        self.add(spec, status, created_at, simulation);
    }

    fn add(
        &mut self,
        spec: ContainerSpec,
        status: Status,
        created_at: Timestamp,
        simulation: Simulation,
    ) {
        let launch = if status == Status::Created {
            Vec::new()
        } else {
            launch_steps(false)
        };
        let record = Record {
            spec,
            state: State {
                status,
                launch,
                ..State::created(created_at)
            },
        };
        let at = self
            .members
            .partition_point(|member| member.record.state.created_at <= created_at);
        self.members.insert(at, Member { record, simulation });
        self.version += 1;
    }

    /// Advances to `now`.
    pub(super) fn advance(&mut self, now: Timestamp) {
        let until = Duration::try_from(now.duration_since(self.began)).unwrap_or_default();
        while self.lived + STEP <= until {
            let second = self.lived.as_secs();
            self.lived += STEP;
            let moment = self.began + to_signed(self.lived);
            let new_second = self.lived.as_secs() != second;
            for member in self
                .members
                .iter_mut()
                .filter(|member| matches!(member.record.state.status, Status::Running { .. }))
            {
                let limits = &member.record.spec.limits;
                let outgrown = member
                    .simulation
                    .advance(STEP, self.lived.as_secs_f64(), limits);
                if new_second {
                    member.simulation.write(self.lived.as_secs(), moment);
                }
                if outgrown {
                    let cause = ExitCause::OomKilled {
                        peak: limits.memory,
                        limit: limits.memory,
                    };
                    apply(&mut member.record, Event::Ended(cause, moment));
                    self.version += 1;
                }
            }
        }
    }

    /// How long the demo has been running.
    pub(super) fn uptime(&self) -> Duration {
        self.lived
    }

    /// The demo's current time.
    pub(super) fn now(&self) -> Timestamp {
        self.began + to_signed(self.lived)
    }

    /// Every record, by creation time.
    pub(super) fn records(&self) -> Vec<Record> {
        self.members
            .iter()
            .map(|member| member.record.clone())
            .collect()
    }

    /// The index of the container `id`.
    pub(super) fn place(&self, id: &ContainerId) -> Result<usize, Error> {
        let place = self
            .members
            .iter()
            .position(|member| member.record.spec.id == *id);
        place.ok_or_else(|| Error::Unknown(id.to_string()))
    }

    /// The container `id`.
    pub(super) fn find(&self, id: &ContainerId) -> Result<&Member, Error> {
        Ok(&self.members[self.place(id)?])
    }

    /// Creates a container and starts it.
    pub(super) fn launch(&mut self, what: &ContainerRequest) -> Result<ContainerId, Error> {
        let id = self.new_id();
        let mut spec = preview(id.clone(), what.name.as_deref(), &what.settings)?;
        if self
            .members
            .iter()
            .any(|member| member.record.spec.name == spec.name)
        {
            return Err(Error::NameInUse(spec.name.to_string()));
        }
        if spec.argv[0].starts_with("nosuch") {
            return Err(Error::Launch {
                message: format!(
                    "execve {}: No such file or directory: it is not in the image host",
                    spec.argv[0]
                ),
                code: 127,
                launch: launch_steps(true),
            });
        }
        spec.preset.clone_from(&what.preset);
        let simulation = Simulation::new(behaviour_of(&spec.argv), 1.0);
        let now = self.now();
        self.add(spec, Status::Created, now, simulation);
        self.start(&id)?;
        Ok(id)
    }

    /// Starts it.
    pub(super) fn start(&mut self, id: &ContainerId) -> Result<(), Error> {
        let place = self.place(id)?;
        self.need(place, "start", "a created or stopped one", |status| {
            !status.is_alive()
        })?;
        let (process, now) = (self.process(), self.now());
        let member = &mut self.members[place];
        member.simulation.begin();
        member.record.state.launch = launch_steps(false);
        apply(&mut member.record, Event::Started(process, now));
        self.version += 1;
        Ok(())
    }

    /// Stops it.
    pub(super) fn stop(&mut self, id: &ContainerId) -> Result<ExitCause, Error> {
        let place = self.place(id)?;
        self.need(place, "stop", "a running one", Status::is_alive)?;
        let (now, cause) = (
            self.now(),
            ExitCause::Signaled {
                signal: SIGTERM,
                by_us: true,
            },
        );
        apply(
            &mut self.members[place].record,
            Event::Ended(cause.clone(), now),
        );
        self.version += 1;
        Ok(cause)
    }

    /// Stops it if it runs, then starts it.
    pub(super) fn restart(&mut self, id: &ContainerId) -> Result<(), Error> {
        if self.find(id)?.record.state.status.is_alive() {
            self.stop(id)?;
        }
        self.start(id)
    }

    /// Freezes or thaws it.
    pub(super) fn freeze(&mut self, id: &ContainerId, frozen: bool) -> Result<(), Error> {
        let place = self.place(id)?;
        let (verb, needs, event) = if frozen {
            ("pause", "a running one", Event::Paused)
        } else {
            ("resume", "a paused one", Event::Resumed)
        };
        self.need(place, verb, needs, |status| {
            status.clone().on(event.clone()).is_ok()
        })?;
        apply(&mut self.members[place].record, event);
        self.version += 1;
        Ok(())
    }

    /// Ends it with `signal`; signals that are not `fatal` have no effect.
    pub(super) fn kill(&mut self, id: &ContainerId, signal: i32, fatal: bool) -> Result<(), Error> {
        let place = self.place(id)?;
        self.need(place, "kill", "a running one", Status::is_alive)?;
        if !fatal {
            return Ok(());
        }
        let now = self.now();
        apply(
            &mut self.members[place].record,
            Event::Ended(
                ExitCause::Signaled {
                    signal,
                    by_us: true,
                },
                now,
            ),
        );
        self.version += 1;
        Ok(())
    }

    /// Removes it.
    pub(super) fn destroy(&mut self, id: &ContainerId, force: bool) -> Result<(), Error> {
        let place = self.place(id)?;
        self.need(place, "destroy", "a stopped one, or force", |status| {
            force || !status.is_alive()
        })?;
        self.members.remove(place);
        self.version += 1;
        Ok(())
    }

    fn need(
        &self,
        place: usize,
        verb: &'static str,
        needs: &'static str,
        fits: impl Fn(&Status) -> bool,
    ) -> Result<(), Error> {
        let record = &self.members[place].record;
        if fits(&record.state.status) {
            return Ok(());
        }
        Err(Error::wrong_state(record, verb, needs))
    }
}

fn ended(cause: ExitCause, since: Timestamp, at: Timestamp) -> Status {
    Status::Stopped {
        cause,
        since: Some(since),
        at,
    }
}

/// Applies `event`; an impossible one is ignored.
fn apply(record: &mut Record, event: Event) {
    if let Ok(status) = record.state.status.clone().on(event) {
        record.state.status = status;
    }
}

fn to_signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
