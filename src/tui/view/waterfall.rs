//! The launch waterfall: each step of a launch on a time axis; for a failed launch the step that
//! failed, and what to do.
//!
//! ```text
//! ╭─ Launch of web: 3.12 ms ─────────────────────────────╮
//! │ fork the supervisor       ███                  0.41  │
//! │ make the cgroup …            ████              0.55  │
//! │ execute the command                         ██ 0.29  │
//! ╰──────────────────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use super::death::buttons;
use crate::record::{ExitCause, LaunchStep, Record, Status};
use crate::tui::action::Action;
use crate::tui::model::{FailedLaunch, Target};
use crate::tui::sanitise::printable;
use crate::tui::text;
use crate::tui::widget::{center, frame};
use crate::tui::wording::cause_sentence;

/// The widest card.
const WIDTH: u16 = 100;
/// Columns for a step's name.
const NAME_COLUMNS: u16 = 36;
/// Columns for its time: `12345.67 `.
const TIME_COLUMNS: u16 = 10;

/// Draws the last launch of `record` over `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, record: &Record) {
    let failure = match &record.state.status {
        Status::Stopped {
            cause: cause @ ExitCause::SetupFailed { .. },
            ..
        } => Some(cause_sentence(cause)),
        _ => None,
    };
    card(
        canvas,
        area,
        (record.spec.name.as_str(), &record.state.launch),
        failure.as_deref(),
        &[Action::Logs, Action::Cancel],
    );
}

/// Draws a failed launch over `area`.
pub(super) fn draw_failed(canvas: &mut Canvas<'_>, area: Rect, failed: &FailedLaunch) {
    card(
        canvas,
        area,
        (&failed.name, &failed.steps),
        Some(&printable(&failed.message)),
        &[Action::Cancel],
    );
}

fn card(
    canvas: &mut Canvas<'_>,
    area: Rect,
    (name, steps): (&str, &[LaunchStep]),
    failure: Option<&str>,
    actions: &[Action],
) {
    let theme = canvas.theme;
    let total = steps.last().map_or(0, |step| step.done_usec);
    let width = area.width.saturating_sub(2).min(WIDTH);
    let failure = failure.map(|text| {
        text::wrap_words(
            &format!("failed: {text}"),
            usize::from(width) - 4,
            4,
            theme.symbols.ellipsis,
        )
    });
    let failed_rows = failure.as_ref().map_or(0, Vec::len);
    let height = (steps.len() + failed_rows + 4) as u16;
    let outer = center(area, width, height);
    let result = if failure.is_some() {
        "failed after"
    } else {
        "took"
    };
    let inside = frame(
        canvas.buffer,
        outer,
        &format!(
            "The launch of {} {result} {} ms",
            printable(name),
            milliseconds(total)
        ),
        theme,
    );
    canvas.hits.add(outer, Target::Nothing);
    let rows = usize::from(inside.height).saturating_sub(failed_rows + 1);
    let room = if rows < steps.len() {
        rows.saturating_sub(1)
    } else {
        rows
    };
    // if not all steps fit, the shortest are left out
    let shown = longest(&LaunchStep::durations(steps), room);
    let names = NAME_COLUMNS.min(inside.width / 2);
    let bar = inside.width.saturating_sub(names + TIME_COLUMNS + 2);
    let mut y = 0;
    let mut begin = 0;
    for (at, step) in steps.iter().enumerate() {
        let from = std::mem::replace(&mut begin, step.done_usec);
        if !shown.contains(&at) {
            continue;
        }
        let line = row(inside, y);
        y += 1;
        let column = |usec: u64| (usec as f64 / total.max(1) as f64 * f64::from(bar)) as u16;
        let (start, end) = (
            column(from).min(bar.saturating_sub(1)),
            column(step.done_usec),
        );
        canvas
            .pen(Rect {
                width: names,
                ..line
            })
            .skip(1)
            .put(&step.name, Style::new());
        let mut pen = canvas.pen(Rect {
            x: line.x + names + start,
            width: bar - start,
            ..line
        });
        for _ in start..end.max(start + 1) {
            pen.symbol(theme.symbols.full, theme.gauge);
        }
        let time = format!("{:>8} ", milliseconds(step.done_usec - from));
        canvas
            .pen(Rect {
                x: line.right().saturating_sub(TIME_COLUMNS),
                width: TIME_COLUMNS,
                ..line
            })
            .put(&time, theme.strong);
    }
    for line in failure.iter().flatten() {
        canvas.pen(row(inside, y)).skip(1).put(line, theme.error);
        y += 1;
    }
    if shown.len() < steps.len() {
        canvas.pen(row(inside, y)).skip(1).put(
            &format!("{} shorter steps are left out", steps.len() - shown.len()),
            theme.dim,
        );
    }
    buttons(
        canvas,
        row(inside, inside.height.saturating_sub(1)),
        actions,
    );
}

/// The indices of the `count` longest.
fn longest(durations: &[u64], count: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..durations.len()).collect();
    places.sort_by_key(|at| std::cmp::Reverse(durations[*at]));
    places.truncate(count);
    places
}

fn milliseconds(usec: u64) -> String {
    format!("{}.{:02}", usec / 1_000, usec % 1_000 / 10)
}
