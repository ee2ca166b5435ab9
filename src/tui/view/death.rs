//! The cause-of-death card: one sentence, the numbers, the last minute in two graphs, the end of
//! the log.
//!
//! ```text
//! ╭─ memory-hog died ────────────────────────────╮
//! │ Out of memory (OOM): the kernel killed it at │
//! │ 200M, its limit is 200M.                     │
//! │ When      3m ago at 14:03:26, …              │
//! │ CPU 18.6% of a core      Memory 200M (limit) │
//! │ ⣀⣀⣤⣶⣿                    ⣀⣀⣤⣤⣶               │
//! │ -80s──────────its end    -80s─────────────✗─ │
//! │ ! cannot allocate memory                     │
//! │ S Start   l Logs   D Destroy   Esc Close     │
//! ╰──────────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use super::curve::Curve;
use super::facts::{Fact, death_facts, facts, limits_text};
use crate::record::{ExitCause, Record, Status};
use crate::spec::format_bytes;
use crate::stats::Figure;
use crate::tui::action::Action;
use crate::tui::model::{LogLine, Model, Target};
use crate::tui::text;
use crate::tui::widget::{center, frame};
use crate::tui::wording::{NOT_AVAILABLE, cause_sentence, grouped, is_unexpected, percent};

/// The widest card.
const WIDTH: u16 = 96;
/// The tallest one.
const HEIGHT: u16 = 32;
/// Rows of the graphs and their captions where there is room.
const GRAPHS: usize = 7;
/// Rows reserved for the end of the log.
const MIN_LOG_ROWS: usize = 3;
/// How much of the past the graphs show, in ticks.
const TICKS: usize = 60;

/// Draws the card of `record` over `area`.
pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    record: &Record,
    log_tail: Option<&Result<Vec<LogLine>, String>>,
) {
    let theme = canvas.theme;
    let Status::Stopped { cause, since, at } = &record.state.status else {
        return;
    };
    let width = area.width.saturating_sub(2).min(WIDTH);
    let sentence = text::wrap_words(
        &cause_sentence(cause),
        usize::from(width).saturating_sub(4),
        3,
        theme.symbols.ellipsis,
    );
    let known = canvas.model.history.series(&record.spec.id).is_some();
    let words = log_tail
        .and_then(|words| words.as_ref().ok())
        .map_or(0, Vec::len)
        .max(MIN_LOG_ROWS);
    // the box, three facts, a heading and the buttons
    let wanted = sentence.len() + words + 7 + if known { GRAPHS } else { 0 };
    let outer = center(area, width, (wanted as u16).min(HEIGHT));
    let how = if is_unexpected(cause) {
        "died"
    } else {
        "ended"
    };
    let inside = frame(
        canvas.buffer,
        outer,
        &format!("{} {how}", record.spec.name),
        theme,
    );
    canvas.hits.add(outer, Target::Nothing);
    let style = if is_unexpected(cause) {
        theme.error
    } else {
        theme.success
    };
    let mut y = 0;
    for line in sentence {
        canvas.pen(row(inside, y)).skip(1).put(&line, style);
        y += 1;
    }
    let mut list: Vec<Fact> = death_facts(canvas.model, cause, *since, *at);
    list.push((
        "Limits",
        limits_text(canvas, &record.spec.limits, record),
        Style::new(),
    ));
    list.push(("Figures", numbers(canvas.model, record), Style::new()));
    let room = inside.height.saturating_sub(y + 1);
    let list = &list[..list.len().min(usize::from(room))];
    facts(
        canvas,
        Rect {
            y: inside.y + y,
            height: room,
            ..inside
        },
        list,
    );
    y += list.len() as u16;
    let left = inside.height.saturating_sub(y + 1);
    // draw graphs only if some lines of the log still fit
    let graphs = if known && left >= 7 {
        left.saturating_sub(words as u16 + 1)
            .clamp(3, GRAPHS as u16)
    } else {
        0
    };
    if graphs > 0 {
        let half = inside.width / 2;
        let place = |x: u16, width: u16| Rect {
            x: inside.x + x,
            y: inside.y + y,
            width,
            height: graphs,
        };
        let halves = [
            (place(1, half - 2), Figure::Cpu),
            (place(half + 1, inside.width - half - 2), Figure::Memory),
        ];
        for (half, figure) in halves {
            Curve::ended(canvas.model, record, figure).draw(canvas, half);
        }
        y += graphs;
    }
    let place = Rect {
        y: inside.y + y,
        height: inside.height.saturating_sub(y + 1),
        ..inside
    };
    draw_log_tail(canvas, place, log_tail);
    buttons(
        canvas,
        row(inside, inside.height - 1),
        &[
            Action::Start,
            Action::Logs,
            Action::ShowLaunch,
            Action::Destroy,
            Action::Cancel,
        ],
    );
}

/// The figures of the last sample before its end, and its peak.
fn numbers(model: &Model, record: &Record) -> String {
    let series = model.history.series(&record.spec.id);
    let at_end = series.and_then(|series| series.value(Figure::MemoryPeak, series.last()));
    let of_cause = match &record.state.status {
        Status::Stopped {
            cause: ExitCause::OomKilled { peak, .. },
            ..
        } => *peak,
        _ => None,
    };
    let peak = of_cause.or(at_end.map(|bytes| bytes as u64));
    let peak = peak.map(|peak| format!("peak {}; ", format_bytes(peak)));
    let peak = peak.unwrap_or_default();
    let Some((series, last)) =
        series.and_then(|series| Some((series, series.reading(series.last())?)))
    else {
        let why = model.why_never_sampled(record);
        return format!("{peak}not sampled: {why}");
    };
    let held = (0..TICKS as u64)
        .filter_map(|back| series.value(Figure::Throttled, series.last().checked_sub(back)?));
    let held = held.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    let words = [
        format!(
            "memory {}",
            last.sample
                .memory
                .map_or(NOT_AVAILABLE.into(), format_bytes)
        ),
        format!(
            "cpu {} of a core",
            last.cpu_cores.map_or(NOT_AVAILABLE.into(), percent)
        ),
        format!(
            "throttled {} of the last minute",
            if held.1 > 0 {
                percent(held.0 / f64::from(held.1))
            } else {
                NOT_AVAILABLE.into()
            }
        ),
        format!(
            "pids {}",
            last.sample.pids.map_or(NOT_AVAILABLE.into(), grouped)
        ),
    ];
    let words = words.join(&format!(" {} ", model.settings.theme.symbols.dot));
    format!("{peak}last sample: {words}")
}

fn draw_log_tail(
    canvas: &mut Canvas<'_>,
    area: Rect,
    log_tail: Option<&Result<Vec<LogLine>, String>>,
) {
    let theme = canvas.theme;
    if area.height == 0 {
        return;
    }
    canvas.pen(row(area, 0)).put(" Last words", theme.label);
    let instead = match log_tail {
        None => Some((" reading its log", theme.dim)),
        Some(Err(reason)) => Some((reason.as_str(), theme.error)),
        Some(Ok(lines)) if lines.is_empty() => Some((" it wrote nothing", theme.dim)),
        Some(Ok(_)) => None,
    };
    if let Some((text, style)) = instead {
        canvas
            .pen(row(area, 1))
            .skip(1)
            .put(text.trim_start(), style);
    }
    let lines = log_tail
        .and_then(|words| words.as_ref().ok())
        .map_or(&[][..], Vec::as_slice);
    let rows = usize::from(area.height - 1);
    for (line, y) in lines.iter().skip(lines.len().saturating_sub(rows)).zip(1..) {
        let (mark, style) = if line.stderr {
            ("! ", theme.stderr)
        } else {
            ("  ", Style::new())
        };
        canvas
            .pen(row(area, y))
            .skip(1)
            .put(mark, style)
            .put(&line.text, style);
    }
}

/// The buttons of a card, with their keys.
pub(super) fn buttons(canvas: &mut Canvas<'_>, line: Rect, actions: &[Action]) {
    let theme = canvas.theme;
    let mut x = line.x + 1;
    for action in actions {
        let key = canvas.key(*action);
        let place = Rect {
            x,
            width: line.right().saturating_sub(x),
            ..line
        };
        let label = if *action == Action::Cancel {
            "Close"
        } else {
            action.label()
        };
        let mut pen = canvas.pen(place);
        if key.is_empty() || usize::from(pen.room()) < text::width(&key) + text::width(label) + 1 {
            continue;
        }
        pen.put(&key, theme.key)
            .put(" ", Style::new())
            .put(label, theme.key_label);
        let end = pen.x();
        canvas.hits.add(
            Rect {
                x,
                width: end - x,
                ..line
            },
            Target::Action(*action),
        );
        x = end + 3;
    }
}
