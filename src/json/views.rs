//! The fields of containers in JSON: stable names, documented in `--help`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::health::HealthView;
use crate::cgroup::Sample;
use crate::manager::Info;
use crate::network::Traffic;
use crate::record::{ExitCause, Health, Process, Record, Status};
use crate::spec::{ContainerSpec, IdRange, LimitsJson, Userns};
use crate::stats::Gap;

/// A container in `list --json`.
#[derive(Debug, Serialize)]
pub struct Container<'a> {
    id: &'a str,
    name: &'a str,
    state: &'static str,
    pid: Option<i32>,
    image: &'a str,
    command: &'a [String],
    limits: LimitsJson<'a>,
    network: String,
    health: Option<&'static str>,
    labels: &'a BTreeMap<String, String>,
    preset: Option<&'a str>,
    created_at: Timestamp,
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    restarts: u32,
    restart_at: Option<Timestamp>,
    exit_code: Option<i32>,
    cause: Option<Cause<'a>>,
    broken: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Cause<'a> {
    #[serde(flatten)]
    cause: &'a ExitCause,
    sentence: String,
}

/// A container in `info --json`: everything of `list --json` and more.
#[derive(Debug, Serialize)]
pub struct Details<'a> {
    #[serde(flatten)]
    container: Container<'a>,
    env: &'a [String],
    cwd: &'a str,
    hostname: &'a str,
    tty: bool,
    interactive: bool,
    init: bool,
    restart: String,
    stop_signal: i32,
    remove: bool,
    supervisor: Option<i32>,
    userns: Userns,
    host_users: Option<String>,
    ids: Option<IdRange>,
    storage: Option<StorageView>,
    without: Vec<String>,
    health_check: Option<HealthView<'a>>,
    usage: Option<Usage>,
    not_available: Vec<NotAvailable>,
    cgroups: Vec<String>,
    folder: String,
    last_lines: &'a [String],
}

/// Resource use, in `info --json` and the browser monitor's API: counters since its start, amounts
/// in bytes, pressure in percent of the last 10 s; `None` if the kernel does not provide it.
#[derive(Debug, Serialize)]
pub struct Usage {
    cpu_usec: Option<u64>,
    throttled_usec: Option<u64>,
    nr_throttled: Option<u64>,
    nr_periods: Option<u64>,
    memory: Option<u64>,
    memory_peak: Option<u64>,
    swap: Option<u64>,
    oom_kills: Option<u64>,
    pids: Option<u64>,
    read_bytes: Option<u64>,
    write_bytes: Option<u64>,
    rx_bytes: Option<u64>,
    tx_bytes: Option<u64>,
    cpu_pressure: Option<f32>,
    memory_pressure: Option<f32>,
    io_pressure: Option<f32>,
}

#[derive(Debug, Serialize)]
struct StorageView {
    kind: &'static str,
    limit: u64,
    used: Option<u64>,
}

/// A figure that this host does not provide, or that this container does not have.
#[derive(Debug, Serialize)]
pub struct NotAvailable {
    figure: &'static str,
    reason: String,
}

impl NotAvailable {
    /// The fields of `gap`.
    #[must_use]
    pub fn new(gap: Gap) -> Self {
        Self {
            figure: gap.figure,
            reason: gap.reason,
        }
    }
}

impl<'a> Container<'a> {
    /// The fields of `record`.
    #[must_use]
    pub fn new(record: &'a Record) -> Self {
        let ContainerSpec {
            id, name, limits, ..
        } = &record.spec;
        let (started_at, ended_at, cause) = match &record.state.status {
            Status::Created | Status::Broken { .. } => (None, None, None),
            Status::Running { since, .. } | Status::Paused { since, .. } => {
                (Some(*since), None, None)
            }
            Status::Stopped { cause, since, at } => (*since, Some(*at), Some(cause)),
        };
        Self {
            id: id.as_str(),
            name: name.as_str(),
            state: record.state.status.word(),
            pid: record.state.status.process().map(|process| process.pid),
            image: &record.spec.image,
            command: &record.spec.argv,
            limits: LimitsJson(limits),
            network: record.spec.network.to_string(),
            health: record.state.health.map(Health::word),
            labels: &record.spec.labels,
            preset: record.spec.preset.as_deref(),
            created_at: record.state.created_at,
            started_at,
            ended_at,
            restarts: record.state.restarts,
            restart_at: record.state.restart_at,
            exit_code: cause.map(ExitCause::exit_code),
            cause: cause.map(|cause| Cause {
                cause,
                sentence: cause.sentence(),
            }),
            broken: record.state.status.broken(),
        }
    }
}

impl<'a> Details<'a> {
    /// The fields of `info`.
    #[must_use]
    pub fn new(info: &'a Info) -> Self {
        let spec = &info.record.spec;
        let no_traffic = (info.sample.is_some() && info.traffic.is_none())
            .then(|| Gap::of_network(&spec.network));
        let gaps = info.gaps.iter().cloned().chain(no_traffic);
        Self {
            container: Container::new(&info.record),
            env: &spec.env,
            cwd: &spec.cwd,
            hostname: &spec.hostname,
            tty: spec.tty,
            interactive: spec.interactive,
            init: spec.init,
            restart: spec.restart.into(),
            stop_signal: spec.stop_signal,
            remove: spec.remove,
            supervisor: info
                .record
                .state
                .supervisor
                .as_ref()
                .map(|Process { pid, .. }| *pid),
            userns: spec.userns,
            host_users: spec.host_users.as_ref().map(ToString::to_string),
            ids: spec.ids,
            storage: spec.storage.map(|storage| StorageView {
                kind: storage.kind(),
                limit: storage.bytes(),
                used: info.storage_used,
            }),
            without: info.record.without(),
            health_check: HealthView::of(&info.record),
            usage: info
                .sample
                .as_ref()
                .map(|sample| Usage::new(sample, info.traffic)),
            not_available: gaps.map(NotAvailable::new).collect(),
            cgroups: info
                .cgroups
                .iter()
                .map(|path| path.to_string_lossy().into_owned())
                .collect(),
            folder: info.folder.to_string_lossy().into_owned(),
            last_lines: &info.last_lines,
        }
    }
}

impl Usage {
    /// The figures of `sample`, and what it received and sent.
    #[must_use]
    pub fn new(sample: &Sample, traffic: Option<Traffic>) -> Self {
        Self {
            cpu_usec: sample.cpu_usec,
            throttled_usec: sample.throttled_usec,
            nr_throttled: sample.nr_throttled,
            nr_periods: sample.nr_periods,
            memory: sample.memory,
            memory_peak: sample.memory_peak,
            swap: sample.swap,
            oom_kills: sample.oom_kills,
            pids: sample.pids,
            read_bytes: sample.io.map(|io| io.read_bytes),
            write_bytes: sample.io.map(|io| io.write_bytes),
            rx_bytes: traffic.map(|traffic| traffic.rx_bytes),
            tx_bytes: traffic.map(|traffic| traffic.tx_bytes),
            cpu_pressure: sample.psi.and_then(|psi| psi.cpu),
            memory_pressure: sample.psi.and_then(|psi| psi.memory),
            io_pressure: sample.psi.and_then(|psi| psi.io),
        }
    }
}
