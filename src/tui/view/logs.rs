//! The log of one container, or of several by time.
//!
//! ```text
//!  web  RUNNING · following · 1,234 lines                 "port" 2 of 7, wrapped
//!   14:03:11.123 listening on port 80
//! ! 14:03:12.001 warning: no such file                   (! is standard error)
//!
//!  3 containers marked · following · 5,678 lines                         wrapped
//!   web   listening on port 80
//! ! cache warning: no such file
//! ```

use jiff::tz::TimeZone;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::canvas::{Canvas, row};
use crate::tui::model::{
    LogLine, LogPosition, LogSize, LogView, MARK_COLUMNS, TIME_COLUMNS, Target,
};
use crate::tui::sanitise::printable;
use crate::tui::text;
use crate::tui::theme::{ColorDepth, Theme};
use crate::tui::wording::grouped;

/// Draws the log into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    title(canvas, row(area, 0));
    let (model, theme) = (canvas.model, canvas.theme);
    let Some(pane) = model.regions().map(|regions| regions.below_title()) else {
        return;
    };
    let log = &model.log;
    let notice = match &log.error {
        _ if log.targets.is_empty() => Some(canvas.none_selected("its log")),
        Some(error) => Some(printable(error)),
        None if log.end() == 0 && model.log_reading && log.targets.len() > 1 => {
            Some("They have written nothing yet.".to_owned())
        }
        None if log.end() == 0 && model.log_reading => {
            Some("It has written nothing yet.".to_owned())
        }
        None => None,
    };
    if let Some(notice) = notice {
        let style = if log.error.is_some() {
            theme.error
        } else {
            theme.dim
        };
        canvas.pen(row(pane, 0)).skip(2).put(&notice, style);
        return;
    }
    let size = LogSize {
        width: usize::from(pane.width),
        height: usize::from(pane.height),
    };
    let (mut number, mut skip) = log.top(size);
    let columns = log.text_columns(size.width);
    let selected = log.selection.map(|selection| selection.lines());
    let mut y = 0;
    while let Some(line) = log.line(number).filter(|_| y < pane.height) {
        let rows = if log.wrap {
            text::wrap(&line.text, columns)
        } else {
            vec![text::after(&line.text, log.column)]
        };
        let mut from = if log.wrap {
            0
        } else {
            line.text.len() - rows[0].len()
        };
        for (part, text) in rows.iter().enumerate() {
            let to = from + text.len();
            if part >= skip && y < pane.height {
                let area = row(pane, y);
                draw_row(
                    canvas,
                    area,
                    line,
                    (from, to),
                    part == 0,
                    log.search.current == Some(number),
                );
                if selected
                    .as_ref()
                    .is_some_and(|lines| lines.contains(&number))
                {
                    canvas.buffer.set_style(area, theme.selected);
                }
                canvas.hits.add(area, Target::LogLine(number));
                y += 1;
            }
            from = to;
        }
        skip = 0;
        number += 1;
    }
}

/// Draws one row: the bytes `from..to` of `line`.
fn draw_row(
    canvas: &mut Canvas<'_>,
    area: Rect,
    line: &LogLine,
    (from, to): (usize, usize),
    first: bool,
    current: bool,
) {
    let (theme, settings) = (canvas.theme, &canvas.model.settings);
    let log = &canvas.model.log;
    let mut pen = canvas.pen(area);
    pen.put(
        if line.stderr && first { "! " } else { "  " },
        theme.warning,
    );
    if log.timestamps {
        if first {
            pen.put(&clock(line, &settings.time_zone), theme.dim)
                .skip(1);
        } else {
            pen.skip(TIME_COLUMNS as u16);
        }
    }
    let name_columns = log.name_columns();
    if name_columns > 0 {
        let name = log
            .names
            .get(line.source)
            .filter(|_| first)
            .map_or("", String::as_str);
        let shown = text::truncate(name, name_columns - 1, theme.symbols.ellipsis);
        pen.put(&shown, name_style(theme, line.source))
            .skip((name_columns - text::width(&shown)) as u16);
    }
    let plain = if line.stderr {
        theme.stderr
    } else {
        Style::new()
    };
    let found = if current {
        theme.matched.add_modifier(Modifier::REVERSED)
    } else {
        theme.matched
    };
    let mut matched = next_match(log, line, 0, from);
    let mut at = from;
    while at < to {
        let (style, mut end) = match &matched {
            Some(range) if range.start <= at => (found, range.end),
            Some(range) => (plain, range.start),
            None => (plain, to),
        };
        let style = if style == found {
            found
        } else {
            plain.patch(shown(line.style_at(at), theme.depth))
        };
        if style != found {
            end = end.min(line.next_change(at).unwrap_or(to));
        }
        end = end.min(to);
        pen.put(&line.text[at..end], style);
        at = end;
        if let Some(range) = matched.clone().filter(|range| range.end <= at) {
            matched = next_match(log, line, range.end, at);
        }
    }
}

/// The first match from byte `start` on that ends after byte `beyond`.
fn next_match(
    log: &LogView,
    line: &LogLine,
    start: usize,
    beyond: usize,
) -> Option<std::ops::Range<usize>> {
    let mut start = start;
    loop {
        let range = log.search.find(&line.text, start)?;
        if range.end > beyond {
            return Some(range);
        }
        start = range.end;
    }
}

/// The program's style, reduced to the colour depth; `None` is a screen without colours.
pub(super) fn shown(style: Style, depth: Option<ColorDepth>) -> Style {
    let color = |color: Option<ratatui::style::Color>| {
        color.zip(depth).map(|(color, depth)| depth.nearest(color))
    };
    Style {
        fg: color(style.fg),
        bg: color(style.bg),
        ..style
    }
}

/// The style of the name of log `number`.
fn name_style(theme: &Theme, number: usize) -> Style {
    let styles = [
        theme.title,
        theme.running,
        theme.gauge_second,
        theme.created,
        theme.paused,
        theme.cpu,
    ];
    styles[number % styles.len()].remove_modifier(Modifier::all())
}

fn clock(line: &LogLine, zone: &TimeZone) -> String {
    line.at
        .to_zoned_datetime(zone.clone())
        .strftime("%H:%M:%S%.3f")
        .to_string()
}

fn title(canvas: &mut Canvas<'_>, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let log = &model.log;
    let state = match log.targets.as_slice() {
        [] => None,
        [id] => Some(match model.record(id) {
            Some(record) => (
                printable(record.spec.name.as_str()),
                record.state.status.word(),
                canvas.state_style(record),
            ),
            None => (id.to_string(), "DESTROYED", theme.failed),
        }),
        several => {
            let which = if !log.merged {
                "of the group"
            } else if model.list.marks.is_empty() {
                "in view"
            } else {
                "marked"
            };
            Some((format!("{} containers", several.len()), which, theme.label))
        }
    };
    canvas.buffer.set_style(area, theme.bar);
    let mut pen = canvas.pen(area);
    let Some((name, state, style)) = state else {
        return;
    };
    pen.skip(MARK_COLUMNS as u16 - 1)
        .put(&name, theme.title)
        .put("  ", theme.bar)
        .put(state, style);
    let dot = theme.symbols.dot;
    let place = match (log.selection, log.place) {
        (Some(selection), _) => {
            let count = selection.lines().end() - selection.lines().start() + 1;
            format!(
                "{} line{} selected",
                grouped(count),
                if count == 1 { "" } else { "s" }
            )
        }
        (None, LogPosition::End) => "following".to_owned(),
        (None, LogPosition::At(line, _)) => format!("line {}", grouped(line + 1)),
    };
    pen.put(
        &format!(" {dot} {place} {dot} {} lines", grouped(log.end())),
        theme.label,
    );
    if log.missing() > 0 {
        let which = if log.targets.len() > 1 {
            ""
        } else {
            "the first "
        };
        pen.put(
            &format!(", {which}{} no longer kept", grouped(log.missing())),
            theme.dim,
        );
    }
    let mut modes = Vec::new();
    if !log.search.is_empty() {
        let count = log.search.count(log.end());
        modes.push(match log.search.rank() {
            Some(rank) => format!(
                "match {} of {}",
                grouped(rank as u64),
                grouped(count as u64)
            ),
            None if count == 0 => "no match".to_owned(),
            None => format!(
                "{} match{}",
                grouped(count as u64),
                if count == 1 { "" } else { "es" }
            ),
        });
    }
    modes.push(
        if log.wrap {
            "wrapped"
        } else {
            "cut at the edge"
        }
        .to_owned(),
    );
    if log.column > 0 {
        modes.push(format!("from column {}", log.column + 1));
    }
    pen.put_right(&format!("{} ", modes.join(", ")), theme.label);
}
