//! The named lines of the Overview.

use ratatui::style::Style;

use super::super::canvas::Canvas;
use super::super::facts::{
    clock, command, current_figures, death_facts, identity, limits_text, next_steps,
};
use super::Subject;
use crate::record::{Health, HealthReport, Record, Status};
use crate::spec::{Volume, format_bytes, format_duration};
use crate::tui::model::Topic;
use crate::tui::sanitise::{log_line, printable};
use crate::tui::wording::{cause_sentence, is_unexpected};

/// The most characters kept of a line: enough for the widest screen.
const MAX_CHARS: usize = 2_000;

/// The named lines of `subject`.
pub(super) fn of(canvas: &Canvas<'_>, subject: &Subject<'_>) -> Vec<(Topic, String)> {
    let (model, record) = (canvas.model, subject.record);
    let mut list = Vec::new();
    if let Status::Broken { reason } = &record.state.status {
        list.push((Topic::Broken, printable(reason)));
        list.push((Topic::Next, "it can be destroyed, nothing else".into()));
        return list;
    }
    let limits = model.handles.limits(&record.spec.id, &record.spec.limits);
    list.push((Topic::Limits, limits_text(canvas, &limits, record)));
    match &record.state.status {
        _ if subject.alive => {
            let now = current_figures(canvas, subject.reading.as_ref());
            list.push((Topic::Now, now));
            list.push((Topic::Started, started(canvas, record)));
        }
        Status::Stopped { cause, since, at } => {
            list.push((Topic::Ended, cause_sentence(cause)));
            let facts = death_facts(model, cause, *since, *at);
            list.extend(facts.into_iter().map(|(_, words, _)| (Topic::When, words)));
            list.push((Topic::Next, next(canvas, record)));
        }
        _ => list.push((Topic::Next, next(canvas, record))),
    }
    list.extend(health(canvas, record).map(|words| (Topic::Health, words)));
    list.extend(without(record).map(|words| (Topic::Without, words)));
    list.push((Topic::Command, cut(command(record))));
    list.push((Topic::Container, identity(model, record)));
    list.extend(mounts(canvas, record).map(|words| (Topic::Mounts, cut(words))));
    list
}

/// How the line about `topic` looks.
pub(super) fn style(canvas: &Canvas<'_>, record: &Record, topic: Topic) -> Style {
    let theme = canvas.theme;
    match (topic, &record.state.status) {
        (Topic::Broken, _) => theme.failed,
        (Topic::Ended, Status::Stopped { cause, .. }) if is_unexpected(cause) => theme.error,
        (Topic::Ended, _) => theme.success,
        (Topic::Health, _) => match record.state.health {
            Some(Health::Unhealthy) => theme.error,
            Some(_) if is_failing(record) => theme.warning,
            Some(Health::Healthy) => theme.success,
            Some(Health::Starting) | None => Style::new(),
        },
        (Topic::Without, _) => theme.warning,
        (Topic::Next | Topic::Container | Topic::NoLog | Topic::NoProcesses, _) => theme.dim,
        _ => Style::new(),
    }
}

/// Whether its last check failed.
fn is_failing(record: &Record) -> bool {
    let report = record.state.health_report.as_ref();
    report.is_some_and(|report| report.failures > 0)
}

fn cut(words: String) -> String {
    match words.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => words[..end].to_owned(),
        None => words,
    }
}

/// The keys that help, and when it is started again by itself.
fn next(canvas: &Canvas<'_>, record: &Record) -> String {
    let ended = record.state.status != Status::Created;
    let keys = next_steps(canvas, ended);
    match record.state.restart_at {
        Some(at) => {
            let left = at.duration_since(canvas.model.now).unsigned_abs();
            let dot = canvas.theme.symbols.dot;
            format!("restarts in {} {dot} {keys}", format_duration(left))
        }
        None => keys,
    }
}

/// Since when it runs, and whether it is started again when it ends.
fn started(canvas: &Canvas<'_>, record: &Record) -> String {
    let (model, dot) = (canvas.model, canvas.theme.symbols.dot);
    let mut words = Vec::new();
    if let Some(since) = model.running_since(record) {
        let up = model.moment().duration_since(since).unsigned_abs();
        let (ago, at) = (format_duration(up), clock(model, since));
        words.push(format!("{ago} ago at {at}"));
    }
    words.extend(
        record
            .state
            .status
            .process()
            .map(|process| format!("pid {}", process.pid)),
    );
    words.push(format!("restart {}", String::from(record.spec.restart)));
    words.join(&format!(" {dot} "))
}

/// The verdict of its health check, the last run, and the check.
fn health(canvas: &Canvas<'_>, record: &Record) -> Option<String> {
    let check = record.spec.health.as_ref()?;
    let report = record.state.health_report.as_ref();
    let mut words = vec![match (record.state.health, report) {
        (None, _) => "not running".to_owned(),
        (Some(health), None) => health.word().to_owned(),
        (Some(health), Some(HealthReport { since, .. })) => {
            let ago = canvas.model.moment().duration_since(*since).unsigned_abs();
            format!("{} for {}", health.word(), format_duration(ago))
        }
    }];
    if let Some(HealthReport {
        failures, last_run, ..
    }) = report
    {
        if *failures > 0 {
            words.push(format!("{failures} of {} failed", check.retries));
        }
        // a line that was overwritten in place is shown as a terminal would
        words.extend(last_run.as_ref().map(|run| match run.last_line() {
            Some(line) => format!("{}: {}", run.result(), cut(log_line(line.as_bytes()))),
            None => run.result(),
        }));
    }
    words.push(format!(
        "every {}: {}",
        format_duration(check.interval()),
        cut(printable(&check.command))
    ));
    Some(words.join(&format!(" {} ", canvas.theme.symbols.dot)))
}

/// What it was started without.
fn without(record: &Record) -> Option<String> {
    let mut words: Vec<String> = record.state.skipped.iter().map(|s| printable(s)).collect();
    words.extend(
        record
            .state
            .unconfined
            .as_ref()
            .map(|missing| printable(&missing.to_string())),
    );
    (!words.is_empty()).then(|| cut(words.join("; ")))
}

/// What is mounted in it besides its image.
fn mounts(canvas: &Canvas<'_>, record: &Record) -> Option<String> {
    let spec = &record.spec;
    let volume = |volume: &Volume| {
        let access = if volume.read_only { " (read-only)" } else { "" };
        let words = format!("{} on {}{access}", volume.source.display(), volume.target);
        printable(&words)
    };
    let mut words: Vec<String> = spec.volumes.iter().map(volume).collect();
    words.extend(spec.tmpfs.iter().map(|tmpfs| {
        let size = tmpfs.size.map(|size| format!(" of {}", format_bytes(size)));
        printable(&format!(
            "tmpfs{} on {}",
            size.unwrap_or_default(),
            tmpfs.target
        ))
    }));
    if spec.read_only {
        words.push("its root is read-only".into());
    }
    (!words.is_empty()).then(|| words.join(&format!(" {} ", canvas.theme.symbols.dot)))
}
