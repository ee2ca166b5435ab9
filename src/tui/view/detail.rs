//! The selected container: its recent past in two graphs and its figures in words; when it ended,
//! why.
//!
//! ```text
//! ─ web ─ 3f2a9c11d0e4 ─────────────────────────────────────────────
//!  CPU 25.0% of a core      top 25%   Memory 101M         top 300M
//!  ⣀⣀⣤⣶⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿   ⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣤⣤⣤⣤⣤⣤⣤
//!  ███████▒▒▒▒▒┃─────── F7− F8+  ████████████████───────────
//!  Limits    cpu 25% (weight 256) · memory 300M
//!  Now       throttled 74.8% · peak 140M · swap n/a · OOM kills 0
//!  Command   sh -c 'while true; do :; done'
//! ```

use jiff::Timestamp;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use super::dials;
use crate::record::{ExitCause, Record, Status};
use crate::spec::{Amount, Limits, format_bytes, format_duration, quote_command};
use crate::stats::{Figure, Reading};
use crate::tui::action::Action;
use crate::tui::keymap::Context;
use crate::tui::model::{Knob, Model};
use crate::tui::sanitise::printable;
use crate::tui::text;
use crate::tui::widget::Graph;
use crate::tui::wording::{
    NOT_AVAILABLE, cap_percent, cause_sentence, grouped, is_bad_end, percent,
};

/// Columns of a fact's name.
const NAME_COLUMNS: usize = 10;

/// Draws the selected container into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let line = String::from(theme.symbols.line).repeat(usize::from(area.width));
    canvas.pen(row(area, 0)).put(&line, theme.border);
    let Some(record) = canvas.model.selected() else {
        return;
    };
    let name = format!(" {} ", printable(record.spec.name.as_str()));
    let id = format!("{} ", record.spec.id);
    let mut pen = canvas.pen(row(area, 0));
    pen.skip(1).put(&name, theme.title);
    if record.spec.name.as_str() != record.spec.id.as_str() {
        pen.put(&id, theme.dim);
    }
    let list = &canvas.model.list;
    let place = format!(" row {} of {} ", list.row() + 1, list.visible().len());
    let last = Rect {
        width: area.width.saturating_sub(1),
        ..row(area, 0)
    };
    canvas.pen(last).put_right(&place, theme.dim);
    let inside = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    if canvas.model.running_since(record).is_some() {
        return alive(canvas, inside, record);
    }
    match &record.state.status {
        Status::Running { .. } | Status::Paused { .. } => alive(canvas, inside, record),
        Status::Created => {
            let mut list = created_facts(canvas.model, record);
            list.push(("Next", next_steps(canvas), theme.dim));
            facts(canvas, inside, &list);
        }
        Status::Broken { reason } => {
            let next = "it can be destroyed, nothing else".to_owned();
            facts(
                canvas,
                inside,
                &[
                    ("Broken", printable(reason), theme.failed),
                    ("Next", next, theme.dim),
                ],
            );
        }
        Status::Stopped { cause, since, at } => ended(canvas, inside, record, cause, *since, *at),
    }
}

/// A fact: its name, its words, how they look.
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

fn alive(canvas: &mut Canvas<'_>, area: Rect, record: &Record) {
    let reading = canvas.model.reading(record);
    let reading = reading.as_deref();
    let mut list = vec![
        (
            "Limits",
            limits_in_words(
                canvas,
                &canvas
                    .model
                    .handles
                    .limits(&record.spec.id, &record.spec.limits),
            ),
            Style::new(),
        ),
        ("Now", now_in_words(canvas, reading), Style::new()),
        ("Command", command(record), Style::new()),
    ];
    if area.height >= 10 {
        list.push((
            "Container",
            identity(canvas.model, record),
            canvas.theme.dim,
        ));
    }
    let graphs = area.height.saturating_sub(list.len() as u16);
    if graphs >= 2 {
        let half = area.width / 2;
        let left = Rect {
            width: half - 1,
            height: graphs,
            ..area
        };
        let right = Rect {
            x: area.x + half + 1,
            width: area.width - half - 2,
            height: graphs,
            ..area
        };
        cpu_graph(canvas, left, record, reading);
        memory_graph(canvas, right, record, reading);
    }
    let below = Rect {
        y: area.y + graphs.min(area.height),
        height: area.height - graphs,
        ..area
    };
    facts(canvas, below, &list);
}

fn cpu_graph(canvas: &mut Canvas<'_>, area: Rect, record: &Record, reading: Option<&Reading>) {
    let used = match reading.and_then(|r| r.cpu_cores) {
        Some(cores) => format!("{} of a core", percent(cores)),
        None => "n/a: needs two samples".into(),
    };
    let cap = canvas
        .model
        .handles
        .limits(&record.spec.id, &record.spec.limits)
        .cpu
        .map(|cpu| cpu.cores());
    let area = dial(canvas, area, Knob::Cpu, record, reading);
    graph(
        canvas,
        area,
        ("CPU", &used),
        (record, Figure::Cpu),
        cap,
        canvas.theme.cpu,
        |top| format!("top {}", cap_percent(top)),
    );
}

fn memory_graph(canvas: &mut Canvas<'_>, area: Rect, record: &Record, reading: Option<&Reading>) {
    let used = reading
        .and_then(|r| r.sample.memory)
        .map_or(NOT_AVAILABLE.to_owned(), format_bytes);
    let limit = canvas
        .model
        .handles
        .limits(&record.spec.id, &record.spec.limits)
        .memory
        .map(|bytes| bytes as f64);
    let caption = ("Memory", used.as_str());
    let area = dial(canvas, area, Knob::Memory, record, reading);
    graph(
        canvas,
        area,
        caption,
        (record, Figure::Memory),
        limit,
        canvas.theme.memory,
        |top| format!("top {}", format_bytes(top as u64)),
    );
}

/// The gauge with its handle below the caption; what is left for caption and graph, which goes
/// round it.
fn dial(
    canvas: &mut Canvas<'_>,
    area: Rect,
    knob: Knob,
    record: &Record,
    reading: Option<&Reading>,
) -> Rect {
    let line = row(area, area.height - 1);
    dials::draw(
        canvas,
        Rect {
            x: line.x + 1,
            width: line.width.saturating_sub(1),
            ..line
        },
        knob,
        record,
        reading,
    );
    Rect {
        height: area.height - 1,
        ..area
    }
}

fn graph(
    canvas: &mut Canvas<'_>,
    area: Rect,
    (name, used): (&str, &str),
    (record, figure): (&Record, Figure),
    limit: Option<f64>,
    style: Style,
    scale: impl Fn(f64) -> String,
) {
    let theme = canvas.theme;
    let plot = Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(1),
        height: area.height - 1,
    };
    let ticks = Graph::ticks(plot.width, theme);
    let values = canvas
        .model
        .history
        .values(&record.spec.id, figure, canvas.model.tick(), ticks);
    // without a limit the highest value shown is the scale, and a little air above it
    let highest = values
        .iter()
        .copied()
        .filter(|v| !v.is_nan())
        .fold(0.0, f64::max);
    let top = limit.unwrap_or(highest * 1.25);
    let mut pen = canvas.pen(row(area, 0));
    pen.put(&format!(" {name} "), theme.label)
        .put(used, theme.strong);
    if top > 0.0 {
        pen.put_right(&scale(top), theme.dim);
    }
    Graph {
        values: &values,
        top,
        style,
    }
    .draw(canvas.buffer, plot, theme);
}

fn ended(
    canvas: &mut Canvas<'_>,
    area: Rect,
    record: &Record,
    cause: &ExitCause,
    since: Option<Timestamp>,
    at: Timestamp,
) {
    let (model, theme) = (canvas.model, canvas.theme);
    let style = if is_bad_end(cause) {
        theme.error
    } else {
        theme.success
    };
    let width = usize::from(area.width).saturating_sub(NAME_COLUMNS + 2);
    let most = if area.height >= 6 { 2 } else { 1 };
    let sentence = text::wrap_words(&cause_sentence(cause), width, most, theme.symbols.ellipsis);
    let mut list: Vec<Fact> = Vec::new();
    for (i, line) in sentence.into_iter().enumerate() {
        list.push((if i == 0 { "Ended" } else { "" }, line, style));
    }
    list.extend(death_facts(model, cause, since, at));
    list.extend(created_facts(model, record));
    list.push(("Next", next_steps(canvas), theme.dim));
    facts(canvas, area, &list);
}

/// When it ended, and what of.
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

/// What can be done with one that is not alive.
fn next_steps(canvas: &Canvas<'_>) -> String {
    let keymap = &canvas.model.settings.keymap;
    let steps = [
        (Action::Inspect, "shows why"),
        (Action::Start, "starts it"),
        (Action::Logs, "its log"),
        (Action::Destroy, "removes it"),
    ];
    let known = steps.into_iter().filter_map(|(action, what)| {
        let chord = keymap.shown_key(&[Context::Containers, Context::Global], action)?;
        Some(format!("{chord} {what}"))
    });
    known
        .collect::<Vec<_>>()
        .join(&format!(" {} ", canvas.theme.symbols.dot))
}

fn created_facts(model: &Model, record: &Record) -> Vec<Fact> {
    let dot = model.settings.theme.symbols.dot;
    vec![
        ("Command", command(record), Style::new()),
        (
            "Limits",
            limit_words(&record.spec.limits).join(&format!(" {dot} ")),
            Style::new(),
        ),
        (
            "Container",
            identity(model, record),
            model.settings.theme.dim,
        ),
    ]
}

fn limit_words(limits: &Limits) -> Vec<String> {
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
    if words.is_empty() {
        words.push("none: it may use all that the host has".into());
    }
    words
}

/// `limits` in one line.
pub(super) fn limits_in_words(canvas: &Canvas<'_>, limits: &Limits) -> String {
    limit_words(limits).join(&format!(" {} ", canvas.theme.symbols.dot))
}

fn now_in_words(canvas: &Canvas<'_>, reading: Option<&Reading>) -> String {
    let Some(reading) = reading else {
        return "n/a: not sampled yet".into();
    };
    let sample = &reading.sample;
    let figure = |name: &str, value: Option<String>| match value {
        Some(value) => format!("{name} {value}"),
        None => match canvas.model.gap(name) {
            Some(reason) => format!("{name} n/a ({reason})"),
            None => format!("{name} n/a"),
        },
    };
    let peak = figure("peak", sample.memory_peak.map(format_bytes));
    let kills = figure("OOM kills", sample.oom_kills.map(grouped));
    let pids = figure("pids", sample.pids.map(grouped));
    if canvas.model.past.is_some() {
        return then_in_words(canvas, reading, [peak, kills, pids]);
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
        figure("throttled", throttled),
        peak,
        kills,
        pids,
        figure("swap", sample.swap.map(format_bytes)),
    ];
    words.join(&format!(" {} ", canvas.theme.symbols.dot))
}

/// What is kept of the past, in words.
fn then_in_words(canvas: &Canvas<'_>, reading: &Reading, counted: [String; 3]) -> String {
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

fn identity(model: &Model, record: &Record) -> String {
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

fn command(record: &Record) -> String {
    printable(&quote_command(&record.spec.argv))
}

fn clock(model: &Model, at: Timestamp) -> String {
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
    use crate::spec::LimitKey;

    #[test]
    fn one_that_has_any_limit_is_not_said_to_have_none() {
        assert!(limit_words(&Limits::default())[0].starts_with("none"));
        for key in LimitKey::all() {
            let mut limits = Limits::default();
            key.set(&mut limits, key.example).unwrap();
            let words = limit_words(&limits);
            assert!(!words[0].starts_with("none"), "--{}: {words:?}", key.flag);
        }
    }
}
