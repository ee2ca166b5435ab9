//! [`HealthView`]: a health check and what came of it.

use jiff::Timestamp;
use serde::Serialize;

use crate::record::{CheckEnd, CheckRun, Record};

/// A health check, in `info --json` and the browser monitor's API.
#[derive(Debug, Serialize)]
pub struct HealthView<'a> {
    command: &'a str,
    interval_ms: u64,
    retries: u32,
    since: Option<Timestamp>,
    failures: u32,
    last_run: Option<RunView<'a>>,
}

#[derive(Debug, Serialize)]
struct RunView<'a> {
    at: Timestamp,
    took_ms: u64,
    end: &'static str,
    exit_code: Option<i32>,
    output: &'a str,
    truncated: bool,
}

impl<'a> HealthView<'a> {
    /// The check of `record`; `None` without one.
    #[must_use]
    pub fn of(record: &'a Record) -> Option<Self> {
        let check = record.spec.health.as_ref()?;
        let report = record.state.health_report.as_ref();
        Some(Self {
            command: &check.command,
            interval_ms: check.interval_ms,
            retries: check.retries,
            since: report.map(|report| report.since),
            failures: report.map_or(0, |report| report.failures),
            last_run: report
                .and_then(|report| report.last_run.as_ref())
                .map(RunView::new),
        })
    }
}

impl<'a> RunView<'a> {
    fn new(run: &'a CheckRun) -> Self {
        Self {
            at: run.at,
            took_ms: run.took_ms,
            end: match run.end {
                CheckEnd::Exited { .. } => "exited",
                CheckEnd::TimedOut => "timed_out",
                CheckEnd::NotStarted => "not_started",
            },
            exit_code: run.end.exit_code(),
            output: &run.output,
            truncated: run.truncated,
        }
    }
}
