//! What is known of one container, in named lines of text: its limits, its figures now or at the
//! moment looked back at, how it ended.

use jiff::Timestamp;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use crate::record::{ExitCause, Record};
use crate::spec::{Amount, ContainerSpec, Limits, format_bytes, format_duration, quote_command};
use crate::stats::{Figure, Reading};
use crate::tui::action::Action;
use crate::tui::keymap::Context;
use crate::tui::model::Model;
use crate::tui::sanitise::printable;
use crate::tui::wording::{NOT_AVAILABLE, cap_percent, grouped, percent};

/// Columns of a fact's name.
pub(super) const NAME_COLUMNS: usize = 10;

/// A named line: name, text, style.
pub(super) type Fact = (&'static str, String, Style);

/// Draws `facts` into `area`, one a row.
pub(super) fn facts(canvas: &mut Canvas<'_>, area: Rect, facts: &[Fact]) {
    let label = canvas.theme.label;
    for ((name, words, style), y) in facts.iter().zip(0..area.height) {
        canvas
            .pen(row(area, y))
            .put(&format!(" {name:<NAME_COLUMNS$}"), label)
            .put(words, *style);
    }
}

/// When it ended, and its exit code.
pub(super) fn death_facts(
    model: &Model,
    cause: &ExitCause,
    since: Option<Timestamp>,
    at: Timestamp,
) -> Vec<Fact> {
    let ago = format_duration(model.now.duration_since(at).unsigned_abs());
    let lived = match since {
        Some(since) => format!(
            ", after running {}",
            format_duration(at.duration_since(since).unsigned_abs())
        ),
        None => ", before it ran".into(),
    };
    vec![(
        "When",
        format!(
            "{ago} ago at {}{lived}; exit code {}",
            clock(model, at),
            cause.exit_code()
        ),
        Style::new(),
    )]
}

/// The keys for a container that is not alive; `ended`: it was.
pub(super) fn next_steps(canvas: &Canvas<'_>, ended: bool) -> String {
    let keymap = &canvas.model.settings.keymap;
    let steps = [
        (Action::Start, "starts it"),
        (Action::Inspect, "shows why it ended"),
        (Action::Logs, "its log"),
        (Action::Destroy, "removes it"),
    ];
    let fits = |action| ended || !matches!(action, Action::Inspect | Action::Logs);
    let steps = steps.into_iter().filter(|(action, _)| fits(*action));
    let known = steps.filter_map(|(action, what)| {
        let chord = keymap.shown_key(&[Context::Containers, Context::Global], action)?;
        Some(format!("{chord} {what}"))
    });
    known
        .collect::<Vec<_>>()
        .join(&format!(" {} ", canvas.theme.symbols.dot))
}

fn limit_words(limits: &Limits, spec: &ContainerSpec) -> Vec<String> {
    let mut words = Vec::new();
    match (limits.cpu, limits.cpu_shares) {
        (Some(cap), Some(weight)) => words.push(format!(
            "cpu {} of a core, weight {weight}",
            cap_percent(cap.cores())
        )),
        (Some(cap), None) => words.push(format!("cpu {} of a core", cap_percent(cap.cores()))),
        (None, Some(weight)) => words.push(format!("cpu weight {weight}, no cap")),
        (None, None) => {}
    }
    words.extend(limits.amounts().filter_map(|(limit, amount)| {
        Some(match amount {
            Amount::Cap(_) | Amount::Shares(_) => return None,
            Amount::Bytes(0) => format!("no {}", limit.name),
            Amount::Count(count) => limit.words(&grouped(*count)),
            amount @ (Amount::Bytes(_)
            | Amount::Micros(_)
            | Amount::Cpus(_)
            | Amount::OomGroup(_)
            | Amount::Weight(_)
            | Amount::Rates(_)) => limit.words(&printable(&amount.words())),
        })
    }));
    words.extend(spec.other_limits());
    if words.is_empty() {
        words.push("none: it may use all that the host has".into());
    }
    words
}

/// All that bounds `record`'s container in one line, with `limits` in place of its own.
pub(super) fn limits_text(canvas: &Canvas<'_>, limits: &Limits, record: &Record) -> String {
    limit_words(limits, &record.spec).join(&format!(" {} ", canvas.theme.symbols.dot))
}

pub(super) fn current_figures(canvas: &Canvas<'_>, reading: Option<&Reading>) -> String {
    let Some(reading) = reading else {
        return "n/a: not sampled yet".into();
    };
    let sample = &reading.sample;
    let figure = |name: &str, gap: &str, value: Option<String>| match value {
        Some(value) => format!("{name} {value}"),
        None => match canvas.model.gap(gap) {
            Some(reason) => format!("{name} n/a ({reason})"),
            None => format!("{name} n/a"),
        },
    };
    let peak = figure(
        "peak",
        Figure::MemoryPeak.gap(),
        sample.memory_peak.map(format_bytes),
    );
    let kills = figure(
        "OOM kills",
        Figure::OomKills.gap(),
        sample.oom_kills.map(grouped),
    );
    let pids = figure("pids", Figure::Pids.gap(), sample.pids.map(grouped));
    if canvas.model.past.is_some() {
        return past_figures(canvas, reading, [peak, kills, pids]);
    }
    let throttled = match (sample.nr_throttled, sample.nr_periods) {
        (Some(0), _) => Some("never".to_owned()),
        (Some(times), Some(periods)) => Some(format!(
            "in {} of {} periods",
            grouped(times),
            grouped(periods)
        )),
        (Some(times), None) => Some(format!("{} times", grouped(times))),
        (None, _) => None,
    };
    let words = [
        figure("throttled", Figure::Throttled.gap(), throttled),
        peak,
        kills,
        pids,
        figure("swap", "swap", sample.swap.map(format_bytes)),
    ];
    words.join(&format!(" {} ", canvas.theme.symbols.dot))
}

/// The figures of the moment looked back at, as text.
fn past_figures(canvas: &Canvas<'_>, reading: &Reading, counted: [String; 3]) -> String {
    let share = |value: Option<f64>| value.map_or(NOT_AVAILABLE.to_owned(), percent);
    let rate = |value: Option<f64>| {
        value.map_or(NOT_AVAILABLE.to_owned(), |bytes| {
            format!("{}/s", format_bytes(bytes as u64))
        })
    };
    let psi = reading.sample.psi.as_ref().and_then(|psi| {
        Some(format!(
            "{:.0}% {:.0}% {:.0}%",
            psi.cpu?, psi.memory?, psi.io?
        ))
    });
    let mut words = vec![format!("throttled {}", share(reading.throttled))];
    words.extend(counted);
    words.extend([
        format!("read {}", rate(reading.read_rate)),
        format!("written {}", rate(reading.write_rate)),
        format!("pressure {}", psi.unwrap_or_else(|| NOT_AVAILABLE.into())),
    ]);
    words.join(&format!(" {} ", canvas.theme.symbols.dot))
}

pub(super) fn identity(model: &Model, record: &Record) -> String {
    let (spec, dot) = (&record.spec, model.settings.theme.symbols.dot);
    let mut words = vec![
        format!("image {}", printable(&spec.image)),
        format!("network {}", spec.network),
        format!("created {}", clock(model, record.state.created_at)),
        format!("restarts {}", record.state.restarts),
    ];
    words.extend(
        spec.preset
            .as_ref()
            .map(|preset| format!("preset {}", printable(preset))),
    );
    words.join(&format!(" {dot} "))
}

pub(super) fn command(record: &Record) -> String {
    printable(&quote_command(&record.spec.argv))
}

pub(super) fn clock(model: &Model, at: Timestamp) -> String {
    let zone = &model.settings.time_zone;
    let (then, today) = (
        at.to_zoned_datetime(zone.clone()),
        model.now.to_zoned_datetime(zone.clone()),
    );
    let format = if then.date() == today.date() {
        "%H:%M:%S"
    } else {
        "%Y-%m-%d %H:%M"
    };
    then.strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{ContainerId, LimitKey, preview};

    #[test]
    fn any_limit_is_mentioned() {
        let request =
            |file: &str| toml::from_str(&format!("command = [\"true\"]\n{file}")).unwrap();
        let id = ContainerId::from_random([0; 6]);
        let spec = |file: &str| preview(id.clone(), None, &request(file)).unwrap();
        let (bare, none) = (spec(""), Limits::default());
        assert!(limit_words(&none, &bare)[0].starts_with("none"));
        for (file, words) in [
            ("storage = \"tmpfs:8M\"", "storage tmpfs:8.00M"),
            ("log_rate = \"1M\"", "log 1.00M/s"),
            ("ulimits = [\"nofile=64:128\"]", "nofile=64:128"),
        ] {
            assert_eq!(limit_words(&none, &spec(file)), [words]);
        }
        for key in LimitKey::all() {
            let mut limits = Limits::default();
            key.set(&mut limits, key.example).unwrap();
            let words = limit_words(&limits, &bare);
            assert!(!words[0].starts_with("none"), "--{}: {words:?}", key.flag);
        }
    }
}
