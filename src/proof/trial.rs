//! [`Trial`]: a container that is run to be measured, and destroyed whatever happens.

use std::fs;
use std::time::{Duration, Instant};

use super::tools::{Tools, TrialError};
use crate::cgroup::Sample;
use crate::manager::{Error, Manager, Sampling};
use crate::record::{ExitCause, Process, Record, Status, identify, is_alive};
use crate::spec::{ContainerId, ContainerRequest, Preset};

/// Tells the containers of a check, and which process checks, from the user's.
const LABEL: &str = "minic.check";
/// CPU seconds after which the kernel ends it, should whoever checks be killed before it can.
const CPU_SECONDS: u32 = 60;
/// A pause between two looks at a container that is about to end.
const LOOK: Duration = Duration::from_millis(20);
/// How long it may take to fill its memory: seconds on a real machine, more on an emulated one.
const PATIENCE: Duration = Duration::from_secs(60);

/// A container that runs; dropping it destroys it.
pub(super) struct Trial<'a> {
    manager: &'a Manager,
    id: Option<ContainerId>,
    pid: i32,
    sampler: Box<dyn Sampling>,
}

/// Two looks at a container, and the time between them.
pub(super) struct Window {
    /// Wall time, in seconds.
    pub seconds: f64,
    /// Its figures at the beginning and at the end.
    pub samples: [Sample; 2],
    /// Time that its first process was ready to run and had to wait for a core, in seconds.
    pub waited: Option<f64>,
    /// Busy share of the host's cores, 0 to 1.
    pub host_busy: f32,
}

impl Window {
    /// CPU time of the container, in percent of a core.
    pub(super) fn cpu(&self) -> Option<f64> {
        let [before, after] = &self.samples;
        Some(after.cpu_usec?.saturating_sub(before.cpu_usec?) as f64 / 1e6 / self.seconds * 100.0)
    }

    /// Periods in which it was held back.
    pub(super) fn throttled(&self) -> Option<f64> {
        let [before, after] = &self.samples;
        Some(after.nr_throttled?.saturating_sub(before.nr_throttled?) as f64)
    }
}

/// How a trial ended, and what was seen until then.
pub(super) struct End {
    pub cause: ExitCause,
    /// The most memory that it was seen to use, in bytes, as its supervisor or we saw.
    pub peak: Option<u64>,
}

impl<'a> Trial<'a> {
    /// Runs `script` by a shell that is the container's first process.
    pub(super) fn launch(
        manager: &'a Manager,
        name: &str,
        script: &str,
        limits: Preset,
        tools: &mut Tools<'_>,
    ) -> Result<Self, TrialError> {
        // env, so that the line does not count as a shell line, which would be given an init
        let command = ["env", "sh", "-c", script].map(str::to_owned).to_vec();
        let settings = Preset {
            command: Some(command),
            ulimits: vec![format!("cpu={CPU_SECONDS}")],
            labels: vec![format!("{LABEL}={}", owner()?)],
            ..limits
        };
        let what = ContainerRequest {
            name: Some(format!("check-{name}-{}", std::process::id())),
            settings,
            ..ContainerRequest::default()
        };
        let id = manager.launch(&what, tools.progress)?;
        let mut trial = Self {
            manager,
            id: Some(id.clone()),
            pid: 0,
            sampler: manager.sampler()?,
        };
        trial.pid = manager
            .find(id.as_str())?
            .state
            .status
            .process()
            .map_or(0, |process| process.pid);
        Ok(trial)
    }

    fn id(&self) -> Result<&ContainerId, TrialError> {
        self.id
            .as_ref()
            .ok_or_else(|| TrialError::Failed("the container is destroyed already".into()))
    }

    fn record(&self) -> Result<Record, TrialError> {
        Ok(self.manager.find(self.id()?.as_str())?)
    }

    /// Sends `signal` to its first process.
    pub(super) fn signal(&self, signal: i32) -> Result<(), TrialError> {
        Ok(self.manager.kill(self.id()?, signal)?)
    }

    /// Watches it for `length`.
    pub(super) fn watch(
        &mut self,
        length: Duration,
        tools: &mut Tools<'_>,
    ) -> Result<Window, TrialError> {
        let before = self.look()?;
        tools.pause(length)?;
        let after = self.look()?;
        let cores = &after.host.cores;
        Ok(Window {
            seconds: (after.at - before.at).as_secs_f64(),
            waited: after
                .waited
                .zip(before.waited)
                .map(|(after, before)| (after - before).max(0.0)),
            host_busy: cores.iter().sum::<f32>() / cores.len().max(1) as f32,
            samples: [before.sample, after.sample],
        })
    }

    fn look(&mut self) -> Result<Look, TrialError> {
        let mut snapshot = self.sampler.sample();
        let at = snapshot.at;
        match snapshot.samples.remove(self.id()?) {
            Some(sample) => Ok(Look {
                at,
                sample,
                host: snapshot.host,
                waited: waited(self.pid),
            }),
            None => match self.record()?.state.status {
                Status::Stopped { cause, .. } => Err(TrialError::Failed(format!(
                    "it ended before it was measured: {}",
                    cause.sentence()
                ))),
                _ => Err(TrialError::Failed("its cgroup cannot be read".into())),
            },
        }
    }

    /// Waits until it has written something: how its script says that it is where it wanted to be.
    pub(super) fn report(&mut self, tools: &mut Tools<'_>) -> Result<(), TrialError> {
        let started = Instant::now();
        let mut log = self.manager.log(self.id()?)?;
        while log.read(1)?.is_empty() {
            if started.elapsed() > PATIENCE {
                return Err(TrialError::Failed(format!(
                    "it was not ready within {} s",
                    PATIENCE.as_secs()
                )));
            }
            tools.pause(LOOK)?;
            // an early end is told
            self.look()?;
        }
        Ok(())
    }

    /// Waits until it has ended by itself.
    pub(super) fn end(&mut self, tools: &mut Tools<'_>) -> Result<End, TrialError> {
        let started = Instant::now();
        let mut seen = None;
        loop {
            if let Status::Stopped { cause, .. } = self.record()?.state.status {
                let told = match &cause {
                    ExitCause::OomKilled { peak, .. } => *peak,
                    _ => None,
                };
                return Ok(End {
                    cause,
                    peak: told.or(seen),
                });
            }
            let sample = self.sampler.sample().samples.remove(self.id()?);
            seen = seen.max(sample.and_then(|sample| sample.memory_peak.max(sample.memory)));
            if started.elapsed() > PATIENCE {
                return Err(TrialError::Failed(format!(
                    "it did not end within {} s",
                    PATIENCE.as_secs()
                )));
            }
            tools.pause(LOOK)?;
        }
    }

    /// Removes every trace of it.
    pub(super) fn destroy(mut self) -> Result<(), Error> {
        self.id
            .take()
            .map_or(Ok(()), |id| self.manager.destroy(&id, true))
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            // on the way out of a failure or an interrupt, which is what is told; should it fail,
            // the next check tries again
            let _ = self.manager.destroy(&id, true);
        }
    }
}

struct Look {
    at: Duration,
    sample: Sample,
    host: crate::stats::HostSample,
    waited: Option<f64>,
}

/// Time that `pid` has waited for a core, in seconds: the second field of `/proc/PID/schedstat`,
/// nanoseconds (kernel: Documentation/scheduler/sched-stats.rst).
fn waited(pid: i32) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
    Some(text.split_whitespace().nth(1)?.parse::<u64>().ok()? as f64 / 1e9)
}

/// Destroys what a check that was killed has left.
pub(super) fn sweep(manager: &Manager) -> Result<(), Error> {
    for record in manager.records()? {
        let owner = record
            .spec
            .labels
            .get(LABEL)
            .and_then(|text| serde_json::from_str::<Process>(text).ok());
        if owner.is_some_and(|owner| !is_alive(&owner)) {
            manager.destroy(&record.spec.id, true)?;
        }
    }
    Ok(())
}

/// This process, as a label tells it.
fn owner() -> Result<String, TrialError> {
    let own = identify(std::process::id().cast_signed())
        .ok_or_else(|| TrialError::Failed("/proc does not tell of this process".into()))?;
    serde_json::to_string(&own).map_err(|error| TrialError::Failed(error.to_string()))
}
