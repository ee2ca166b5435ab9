//! `GET /metrics`: OpenMetrics text (openmetrics.io, 1.0), with cAdvisor's names where it has one.

use std::fmt::Write;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::answer::Refusal;
use super::context::Context;
use crate::cgroup::Sample;
use crate::network::Traffic;
use crate::record::{Record, Status};
use crate::stats::Snapshot;

const CONTENT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The type of a metric family.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Only rises; its samples are named `NAME_total`.
    Counter,
    /// Rises and falls.
    Gauge,
}

/// A metric family: name, type, help, and a container's value, if it has one.
type Family = (
    &'static str,
    Kind,
    &'static str,
    fn(&Record, Option<&Sample>, Option<&Traffic>) -> Option<f64>,
);

/// A second in microseconds.
const SECOND: f64 = 1e6;

const FAMILIES: [Family; 21] = [
    (
        "container_cpu_usage_seconds",
        Kind::Counter,
        "CPU time used",
        |_, s, _| Some(s?.cpu_usec? as f64 / SECOND),
    ),
    (
        "container_cpu_cfs_throttled_seconds",
        Kind::Counter,
        "time it was throttled by its CPU limit",
        |_, s, _| Some(s?.throttled_usec? as f64 / SECOND),
    ),
    (
        "container_cpu_cfs_periods",
        Kind::Counter,
        "elapsed CPU periods",
        |_, s, _| Some(s?.nr_periods? as f64),
    ),
    (
        "container_cpu_cfs_throttled_periods",
        Kind::Counter,
        "CPU periods in which it was throttled",
        |_, s, _| Some(s?.nr_throttled? as f64),
    ),
    (
        "container_memory_usage_bytes",
        Kind::Gauge,
        "memory in use, page cache included",
        |_, s, _| Some(s?.memory? as f64),
    ),
    (
        "container_memory_max_usage_bytes",
        Kind::Gauge,
        "peak memory use",
        |_, s, _| Some(s?.memory_peak? as f64),
    ),
    (
        "container_memory_swap",
        Kind::Gauge,
        "swap in use, in bytes",
        |_, s, _| Some(s?.swap? as f64),
    ),
    (
        "container_oom_events",
        Kind::Counter,
        "processes killed by the kernel, out of memory",
        |_, s, _| Some(s?.oom_kills? as f64),
    ),
    (
        "container_processes",
        Kind::Gauge,
        "processes and threads, as its pids limit counts",
        |_, s, _| Some(s?.pids? as f64),
    ),
    (
        "container_fs_reads_bytes",
        Kind::Counter,
        "bytes read from block devices",
        |_, s, _| Some(s?.io?.read_bytes as f64),
    ),
    (
        "container_fs_writes_bytes",
        Kind::Counter,
        "bytes written to block devices",
        |_, s, _| Some(s?.io?.write_bytes as f64),
    ),
    (
        "container_network_receive_bytes",
        Kind::Counter,
        "bytes received by the interfaces of its own network",
        |_, _, t| Some(t?.rx_bytes as f64),
    ),
    (
        "container_network_transmit_bytes",
        Kind::Counter,
        "bytes sent by the interfaces of its own network",
        |_, _, t| Some(t?.tx_bytes as f64),
    ),
    (
        "container_pressure_cpu_avg10_ratio",
        Kind::Gauge,
        "share of the last 10 s in which something waited for a CPU",
        |_, s, _| Some(f64::from(s?.psi?.cpu?) / 100.0),
    ),
    (
        "container_pressure_memory_avg10_ratio",
        Kind::Gauge,
        "share of the last 10 s in which something waited for memory",
        |_, s, _| Some(f64::from(s?.psi?.memory?) / 100.0),
    ),
    (
        "container_pressure_io_avg10_ratio",
        Kind::Gauge,
        "share of the last 10 s in which something waited for I/O",
        |_, s, _| Some(f64::from(s?.psi?.io?) / 100.0),
    ),
    (
        "container_spec_memory_limit_bytes",
        Kind::Gauge,
        "its memory limit",
        |r, _, _| Some(r.spec.limits.memory? as f64),
    ),
    (
        "container_spec_cpu_limit_cores",
        Kind::Gauge,
        "its CPU limit in cores",
        |r, _, _| Some(r.spec.limits.cpu?.cores()),
    ),
    (
        "container_spec_cpu_shares",
        Kind::Gauge,
        "its CPU weight in shares",
        |r, _, _| Some(r.spec.limits.cpu_shares? as f64),
    ),
    (
        "container_start_time_seconds",
        Kind::Gauge,
        "when it was started, seconds since 1970",
        |r, _, _| started(r),
    ),
    (
        "minic_container_restarts",
        Kind::Counter,
        "number of restarts",
        |r, _, _| Some(f64::from(r.state.restarts)),
    ),
];

fn started(record: &Record) -> Option<f64> {
    match &record.state.status {
        Status::Running { since, .. } | Status::Paused { since, .. } => {
            Some(since.as_millisecond() as f64 / 1e3)
        }
        Status::Created | Status::Stopped { .. } | Status::Broken { .. } => None,
    }
}

/// All metrics, for Prometheus.
pub(super) async fn metrics(State(context): State<Arc<Context>>) -> Result<Response, Refusal> {
    let engine = Arc::clone(&context.engine);
    let records = tokio::task::spawn_blocking(move || engine.records())
        .await
        .unwrap_or_else(|_| Ok(Vec::new()))?;
    let text = text(&records, context.hub.snapshot().as_ref(), Timestamp::now());
    Ok(([(CONTENT_TYPE, CONTENT)], text).into_response())
}

fn text(records: &[Record], snapshot: Option<&Snapshot>, now: Timestamp) -> String {
    let mut out = String::new();
    let labels: Vec<String> = records.iter().map(labels).collect();
    for (name, kind, about, figure) in FAMILIES {
        let (word, suffix) = if kind == Kind::Counter {
            ("counter", "_total")
        } else {
            ("gauge", "")
        };
        head(&mut out, name, word, about);
        for (record, labels) in records.iter().zip(&labels) {
            let id = &record.spec.id;
            let sample = snapshot.and_then(|snapshot| snapshot.samples.get(id));
            let traffic = snapshot.and_then(|snapshot| snapshot.traffic.get(id));
            if let Some(value) = figure(record, sample, traffic) {
                let _ = writeln!(out, "{name}{suffix}{{{labels}}} {value}");
            }
        }
    }
    head(
        &mut out,
        "container_last_seen",
        "gauge",
        "when it was last sampled, seconds since 1970",
    );
    for labels in &labels {
        let _ = writeln!(
            out,
            "container_last_seen{{{labels}}} {}",
            now.as_millisecond() as f64 / 1e3
        );
    }
    head(&mut out, "minic_container_state", "stateset", "its state");
    for (record, labels) in records.iter().zip(&labels) {
        for state in ["CREATED", "RUNNING", "PAUSED", "STOPPED", "BROKEN"] {
            let is = u8::from(record.state.status.word() == state);
            let _ = writeln!(
                out,
                "minic_container_state{{{labels},minic_container_state=\"{state}\"}} {is}"
            );
        }
    }
    if let Some(host) = snapshot.map(|snapshot| &snapshot.host) {
        for (name, about, value) in [
            (
                "machine_memory_bytes",
                "memory of the host",
                host.memory_total as f64,
            ),
            (
                "machine_cpu_cores",
                "cores of the host",
                host.cores.len() as f64,
            ),
            (
                "minic_host_memory_used_bytes",
                "memory of the host in use",
                host.memory_used as f64,
            ),
            (
                "minic_host_load1",
                "load average over one minute",
                host.load[0],
            ),
        ] {
            head(&mut out, name, "gauge", about);
            let _ = writeln!(out, "{name} {value}");
        }
    }
    out.push_str("# EOF\n");
    out
}

fn head(out: &mut String, name: &str, kind: &str, about: &str) {
    let unit = ["seconds", "bytes", "ratio"]
        .into_iter()
        .find(|unit| name.ends_with(&format!("_{unit}")));
    let _ = writeln!(out, "# TYPE {name} {kind}");
    if let Some(unit) = unit {
        let _ = writeln!(out, "# UNIT {name} {unit}");
    }
    let _ = writeln!(out, "# HELP {name} {about}");
}

fn labels(record: &Record) -> String {
    let spec = &record.spec;
    format!(
        "id=\"{}\",name=\"{}\",image=\"{}\"",
        spec.id,
        spec.name,
        escaped(&spec.image)
    )
}

/// A label's value: backslash, quote and newline are escaped.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
