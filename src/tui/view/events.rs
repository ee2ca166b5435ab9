//! The events, newest last.
//!
//! ```text
//!  9 events · following
//! 14:03:11  started    web
//! 14:05:00  died       nightly       exit code 3
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use crate::record::LoggedEvent;
use crate::tui::sanitise::printable;
use crate::tui::text;
use crate::tui::wording::{cause_sentence, is_unexpected};

const NAME: usize = 18;

/// Draws the Events tab into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let view = &model.looks.events;
    canvas.buffer.set_style(row(area, 0), theme.bar);
    let shown: Vec<&LoggedEvent> = view.shown().collect();
    let rows = usize::from(area.height.saturating_sub(1));
    let end = shown.len() - view.back.unwrap_or(0).min(shown.len().saturating_sub(rows));
    let dot = theme.symbols.dot;
    let place = if view.back.is_none() {
        "following".to_owned()
    } else {
        format!("up to event {end}")
    };
    let mut pen = canvas.pen(row(area, 0));
    pen.skip(1)
        .put(&format!("{} events", shown.len()), theme.title)
        .put(&format!(" {dot} {place}"), theme.label);
    if !view.filter.is_empty() {
        pen.put_right(
            &format!("only: {} ", printable(&view.filter)),
            theme.warning,
        );
    }
    if let Some(error) = &view.error {
        canvas
            .pen(row(area, 2))
            .skip(2)
            .put(&printable(error), theme.error);
        return;
    }
    if shown.is_empty() {
        let text = if view.filter.is_empty() {
            "Nothing has happened yet."
        } else {
            "Nothing that happened matches the filter."
        };
        canvas.pen(row(area, 2)).skip(2).put(text, theme.dim);
        return;
    }
    let today = model
        .now
        .to_zoned_datetime(model.settings.time_zone.clone())
        .date();
    for (y, event) in (1..area.height).zip(&shown[end.saturating_sub(rows)..end]) {
        let at = event.at.to_zoned_datetime(model.settings.time_zone.clone());
        let when = if at.date() == today {
            at.strftime("      %H:%M:%S")
        } else {
            at.strftime("%m-%d %H:%M:%S")
        };
        let bad = event.cause.as_ref().is_some_and(is_unexpected);
        let style = match event.event.as_str() {
            _ if bad => theme.failed,
            "started" => theme.running,
            "created" => theme.created,
            _ => theme.stopped,
        };
        let name = text::truncate(event.name.as_str(), NAME, theme.symbols.ellipsis).into_owned();
        let cause = event
            .cause
            .as_ref()
            .map(|cause| printable(&cause_sentence(cause)));
        let detail = event.detail.as_deref().map(printable);
        let more: Vec<String> = [cause, detail].into_iter().flatten().collect();
        let mut pen = canvas.pen(row(area, y));
        pen.skip(1)
            .put(&when.to_string(), theme.dim)
            .skip(2)
            .put(&format!("{:<10} ", printable(&event.event)), style);
        pen.put(&format!("{:<NAME$}  ", printable(&name)), theme.strong)
            .put(&more.join("; "), Style::new());
    }
}
