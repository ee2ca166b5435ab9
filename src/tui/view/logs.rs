//! The log of one container.
//!
//! ```text
//!  web  RUNNING · following · 1,234 lines                                    wrapped
//!   14:03:11.123 listening on port 80
//! ! 14:03:12.001 warning: no such file                   (! is standard error)
//! ```

use jiff::tz::TimeZone;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use crate::tui::model::{LogLine, MARK_COLUMNS, Place, TIME_COLUMNS};
use crate::tui::sanitise::printable;
use crate::tui::text;
use crate::tui::wording::grouped;

/// Draws the log into `area`.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    title(canvas, row(area, 0));
    let (model, theme) = (canvas.model, canvas.theme);
    let Some(pane) = model.regions().map(|regions| regions.log()) else {
        return;
    };
    let log = &model.log;
    let notice = match (&log.target, &log.error) {
        (None, _) => Some("No container is selected: its log would be here.".to_owned()),
        (_, Some(error)) => Some(printable(error)),
        _ if log.end() == 0 && model.log_reading => Some("It has written nothing yet.".to_owned()),
        _ => None,
    };
    if let Some(notice) = notice {
        let style = if log.error.is_some() { theme.error } else { theme.dim };
        canvas.pen(row(pane, 1)).skip(2).put(&notice, style);
        return;
    }
    let size = crate::tui::model::Pane { width: usize::from(pane.width), height: usize::from(pane.height) };
    let (mut number, mut skip) = log.top(size);
    let columns = log.text_columns(size.width);
    let mut y = 0;
    while let Some(line) = log.line(number).filter(|_| y < pane.height) {
        let rows = if log.wrap { text::wrap(&line.text, columns) } else { vec![text::after(&line.text, log.column)] };
        for (part, text) in rows.iter().enumerate().skip(skip) {
            draw_row(canvas, row(pane, y), line, text, part == 0);
            y += 1;
        }
        skip = 0;
        number += 1;
    }
}

fn draw_row(canvas: &mut Canvas<'_>, area: Rect, line: &LogLine, text: &str, first: bool) {
    let (theme, settings) = (canvas.theme, &canvas.model.settings);
    let timestamps = canvas.model.log.timestamps;
    let style = if line.stderr { theme.stderr } else { Style::new() };
    let mut pen = canvas.pen(area);
    pen.put(if line.stderr && first { "! " } else { "  " }, theme.warning);
    if timestamps {
        if first {
            pen.put(&clock(line, &settings.time_zone), theme.dim).skip(1);
        } else {
            pen.skip(TIME_COLUMNS as u16);
        }
    }
    pen.put(text, style);
}

fn clock(line: &LogLine, zone: &TimeZone) -> String {
    line.at.to_zoned_datetime(zone.clone()).strftime("%H:%M:%S%.3f").to_string()
}

fn title(canvas: &mut Canvas<'_>, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let log = &model.log;
    let state = log.target.as_ref().map(|id| match model.record(id) {
        Some(record) => (printable(record.spec.name.as_str()), record.status.word(), canvas.state_style(record)),
        None => (id.to_string(), "DESTROYED", theme.failed),
    });
    canvas.buffer.set_style(area, theme.bar);
    let mut pen = canvas.pen(area);
    let Some((name, state, style)) = state else { return };
    pen.skip(MARK_COLUMNS as u16 - 1).put(&name, theme.title).put("  ", theme.bar).put(state, style);
    let dot = theme.symbols.dot;
    let place = match log.place {
        Place::End => "following".to_owned(),
        Place::At(line, _) => format!("line {}", grouped(line + 1)),
    };
    pen.put(&format!(" {dot} {place} {dot} {} lines", grouped(log.end())), theme.label);
    if log.dropped() > 0 {
        pen.put(&format!(", the first {} no longer kept", grouped(log.dropped())), theme.dim);
    }
    let mut modes = vec![if log.wrap { "wrapped" } else { "cut at the edge" }.to_owned()];
    if log.column > 0 {
        modes.push(format!("from column {}", log.column + 1));
    }
    pen.put_right(&format!("{} ", modes.join(", ")), theme.label);
}
