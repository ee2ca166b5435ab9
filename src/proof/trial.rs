//! [`Trial`]: a container that is measured and always destroyed.

use std::fs;
use std::time::{Duration, Instant};

use super::tools::{Tools, TrialError};
use crate::cgroup::Sample;
use crate::manager::{Error, Manager, Sampling};
use crate::record::{ExitCause, Process, Record, Status, identify, is_alive};
use crate::spec::{ContainerId, ContainerRequest, Preset};

/// Label of a check's containers, with the process that checks.
const LABEL: &str = "minic.check";
/// CPU seconds after which the kernel kills it, in case the check is killed.
const CPU_SECONDS: u32 = 60;
/// How often to poll a container that is about to end.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// How long it may take to fill its memory: seconds on a real machine, more on an emulated one.
const FILL_TIMEOUT: Duration = Duration::from_secs(60);

/// A running container; dropping it destroys it.
pub(super) struct Trial<'a> {
    manager: &'a Manager,
    id: Option<ContainerId>,
    pid: i32,
    sampler: Box<dyn Sampling>,
}

/// Two samples of a container, and the time between them.
pub(super) struct Window {
    /// Wall time, in seconds.
    pub seconds: f64,
    /// Its figures at the beginning and at the end.
    pub samples: [Sample; 2],
    /// Time that its first process was runnable and waited for a core, in seconds.
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

    /// Throttled periods.
    pub(super) fn throttled(&self) -> Option<f64> {
        let [before, after] = &self.samples;
        Some(after.nr_throttled?.saturating_sub(before.nr_throttled?) as f64)
    }
}

/// The end of a trial.
pub(super) struct End {
    pub cause: ExitCause,
    /// Its peak memory use in bytes, as seen by its supervisor or by us.
    pub peak: Option<u64>,
}

impl<'a> Trial<'a> {
    /// Runs `script` in a shell that is the container's first process.
    pub(super) fn launch(
        manager: &'a Manager,
        name: &str,
        script: &str,
        limits: Preset,
        tools: &mut Tools<'_>,
    ) -> Result<Self, TrialError> {
        // through env, since a plain shell line would get an init
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
            .ok_or_else(|| TrialError::Failed("the container has been destroyed already".into()))
    }

    fn record(&self) -> Result<Record, TrialError> {
        Ok(self.manager.find(self.id()?.as_str())?)
    }

    /// Sends `signal` to its first process.
    pub(super) fn signal(&self, signal: i32) -> Result<(), TrialError> {
        Ok(self.manager.kill(self.id()?, signal)?)
    }

    /// Measures it for `length`.
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

    /// Waits until its script has written something, which means that it is ready.
    pub(super) fn report(&mut self, tools: &mut Tools<'_>) -> Result<(), TrialError> {
        let started = Instant::now();
        let mut log = self.manager.log(self.id()?)?;
        while log.read(1)?.is_empty() {
            if started.elapsed() > FILL_TIMEOUT {
                return Err(TrialError::Failed(format!(
                    "it was not ready within {} s",
                    FILL_TIMEOUT.as_secs()
                )));
            }
            tools.pause(POLL_INTERVAL)?;
            // reports an early end
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
            if started.elapsed() > FILL_TIMEOUT {
                return Err(TrialError::Failed(format!(
                    "it did not end within {} s",
                    FILL_TIMEOUT.as_secs()
                )));
            }
            tools.pause(POLL_INTERVAL)?;
        }
    }

    /// Destroys it.
    pub(super) fn destroy(mut self) -> Result<(), Error> {
        self.id
            .take()
            .map_or(Ok(()), |id| self.manager.destroy(&id, true))
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            // the failure or interrupt that led here is what is reported; if this fails,
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

/// Time that `pid` waited for a core, in seconds: the second field of `/proc/PID/schedstat`,
/// nanoseconds (kernel: Documentation/scheduler/sched-stats.rst).
fn waited(pid: i32) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
    Some(text.split_whitespace().nth(1)?.parse::<u64>().ok()? as f64 / 1e9)
}

/// Destroys the containers of killed checks.
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

/// This process, as the label's value.
fn owner() -> Result<String, TrialError> {
    let own = identify(std::process::id().cast_signed()).ok_or_else(|| {
        TrialError::Failed("cannot read this process's start time from /proc".into())
    })?;
    serde_json::to_string(&own).map_err(|error| TrialError::Failed(error.to_string()))
}
