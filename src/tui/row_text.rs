//! What a row of the container list says, as text that is safe to draw.

use std::time::Duration;

use jiff::Timestamp;

use super::sanitise::printable;
use super::wording::percent;
use crate::record::{ExitCause, Record, Status};
use crate::spec::{NetworkMode, format_bytes, quote_command};
use crate::stats::Reading;

/// The most characters of a command or of labels that a row can show.
const MAX_CHARS: usize = 1_000;
/// Shown where there is nothing to say.
pub const NOTHING: &str = "-";

/// The command, quoted as for a shell.
#[must_use]
pub fn command(record: &Record) -> String {
    bounded(&quote_command(&record.spec.argv))
}

/// The labels.
#[must_use]
pub fn labels(record: &Record) -> String {
    if record.spec.labels.is_empty() {
        return NOTHING.into();
    }
    let mut text = String::new();
    for (key, value) in &record.spec.labels {
        if text.len() > MAX_CHARS {
            break;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(key);
        if !value.is_empty() {
            text.push('=');
            text.push_str(value);
        }
    }
    bounded(&text)
}

fn bounded(text: &str) -> String {
    let head: String = text.chars().take(MAX_CHARS).collect();
    printable(&head)
}

/// A group's name with the number of its containers.
#[must_use]
pub fn group_name(name: &str, count: usize) -> String {
    format!("{} ({count})", bounded(name))
}

/// The ports: a container publishes none itself; the host's network has all of them.
#[must_use]
pub fn ports(record: &Record) -> &'static str {
    match record.spec.network {
        NetworkMode::Host => "host",
        NetworkMode::Container(_) => "shared",
        NetworkMode::None => NOTHING,
    }
}

/// The result of its health check; none when it has no check.
#[must_use]
pub fn health(record: &Record) -> Option<&'static str> {
    record.spec.health.as_ref()?;
    Some(record.state.health.map_or(NOTHING, |health| health.word()))
}

/// The worst of its pressures: of what, and in how much of the time.
#[must_use]
pub fn worst_pressure(reading: &Reading) -> Option<(&'static str, f32)> {
    let psi = reading.sample.psi.as_ref()?;
    [("cpu", psi.cpu), ("mem", psi.memory), ("io", psi.io)]
        .into_iter()
        .filter_map(|(of, share)| Some((of, share?)))
        .reduce(|worst, other| if other.1 > worst.1 { other } else { worst })
}

/// Two rates, as `1.2M/80K`.
#[must_use]
pub fn rates(first: f64, second: f64) -> String {
    let bytes = |rate: f64| format_bytes(rate.round() as u64);
    format!("{}/{}", bytes(first), bytes(second))
}

/// The share of time in which the CPU limit stopped it.
#[must_use]
pub fn throttled(share: f64) -> String {
    percent(share)
}

/// How long ago, in one unit: `45s ago`, `2m ago`, `3d ago`.
#[must_use]
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    format!("{} ago", in_one_unit(now.duration_since(at).unsigned_abs()))
}

fn in_one_unit(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// The word for a container that waits for its restart.
pub const RESTARTING: &str = "RESTARTING";
/// The same in a narrow column.
const RESTARTING_SHORT: &str = "RESTART";

/// The word for its state in a column of `width`, which cuts what is longer.
#[must_use]
pub fn state(record: &Record, width: u16) -> &'static str {
    if !record.state.is_restarting() {
        return record.state.status.word();
    }
    if usize::from(width) < RESTARTING.len() {
        RESTARTING_SHORT
    } else {
        RESTARTING
    }
}

/// When its policy restarts it.
fn restarts_in(record: &Record, now: Timestamp) -> Option<String> {
    let at = record
        .state
        .restart_at
        .filter(|_| record.state.is_restarting())?;
    let left = at.duration_since(now).max(jiff::SignedDuration::ZERO);
    // rounded up: it has not happened yet
    let left = Duration::from_secs(left.unsigned_abs().as_millis().div_ceil(1000) as u64);
    Some(format!("restarts in {}", in_one_unit(left)))
}

/// Why it does not run and since when, the longest wording first. Empty when it runs.
#[must_use]
pub fn why_not_running(record: &Record, now: Timestamp) -> Vec<String> {
    match &record.state.status {
        Status::Stopped { cause, at, .. } => {
            let (brief, ago, code) = (cause.brief(), ago(*at, now), cause.exit_code());
            let mut wordings = vec![format!("{brief} {ago}"), brief.clone()];
            // the code is in the words already
            if !matches!(cause, ExitCause::Exited { .. }) {
                wordings.insert(0, format!("{brief} {ago}, exit {code}"));
            }
            if let ExitCause::SetupFailed { step, .. } = cause {
                wordings.insert(0, format!("{brief} {ago}, exit {code}: {}", bounded(step)));
            }
            if let Some(next) = restarts_in(record, now) {
                wordings = vec![
                    format!("{brief} {ago}, {next}"),
                    format!("{brief}, {next}"),
                    next,
                ];
            }
            wordings
        }
        Status::Broken { reason } => vec![bounded(reason)],
        Status::Created => vec!["never started".into()],
        Status::Running { .. } | Status::Paused { .. } => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_one_unit() {
        let now = Timestamp::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let shown = [0, 59, 60, 3599, 3600, 86_399, 86_400, 900_000]
            .map(|seconds| ago(now - Duration::from_secs(seconds), now));
        assert_eq!(
            shown,
            [
                "0s ago", "59s ago", "1m ago", "59m ago", "1h ago", "23h ago", "1d ago", "10d ago"
            ]
        );
    }

    #[test]
    fn rates_are_two_sizes() {
        assert_eq!(rates(1_258_291.0, 81_920.4), "1.20M/80.0K");
        assert_eq!(rates(0.0, 0.4), "0B/0B");
    }
}
