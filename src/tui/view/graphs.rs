//! The history of one container as a card; left and right look back in time here too.

use ratatui::layout::Rect;

use super::canvas::{Canvas, row};
use super::death::buttons;
use super::history;
use super::tabs::past_badge;
use crate::record::Record;
use crate::spec::format_duration;
use crate::tui::action::Action;
use crate::tui::model::Target;
use crate::tui::widget::{center, frame};

/// Draws the graphs of `record` over `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, record: &Record) {
    let (model, theme) = (canvas.model, canvas.theme);
    let outer = center(area, area.width.saturating_sub(2), area.height);
    let kept = model
        .history
        .age(model.history.oldest())
        .unwrap_or_default();
    let mut title = format!(
        "{}: what is kept of the last {}",
        record.spec.name,
        format_duration(kept)
    );
    // the card may cover the badge beside the tabs
    if let Some(badge) = past_badge(model) {
        title = format!("{title}   {badge}");
    }
    let inside = frame(canvas.buffer, outer, &title, theme);
    canvas.hits.add(outer, Target::Nothing);
    let below = Rect {
        x: inside.x + 1,
        width: inside.width.saturating_sub(2),
        height: inside.height.saturating_sub(1),
        ..inside
    };
    history::draw(canvas, below, record);
    buttons(
        canvas,
        row(inside, inside.height.saturating_sub(1)),
        &[
            Action::Earlier,
            Action::Later,
            Action::Live,
            Action::GraphScale,
            Action::Cancel,
        ],
    );
}
