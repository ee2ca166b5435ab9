//! The scrubber: back and forth through the recent past, freezing, and back to now.

use crate::tui::action::Action;
use crate::tui::model::{Model, Past};

/// Ticks that one long step moves.
const LONG: u64 = 10;

/// Moves through time; returns whether `action` is one that does.
pub(super) fn act(model: &mut Model, action: Action) -> bool {
    let (oldest, last) = (model.history.oldest(), model.history.last());
    let tick = model.tick();
    let to = match action {
        Action::Earlier => tick.saturating_sub(1),
        Action::MuchEarlier => tick.saturating_sub(LONG),
        Action::Later => tick + 1,
        Action::MuchLater => tick + LONG,
        Action::Freeze if model.past.is_none() => tick,
        Action::Freeze | Action::Live => last + 1,
        _ => return false,
    };
    let frozen = action == Action::Freeze;
    model.past = Some(Past {
        tick: to.max(oldest),
        frozen,
    })
    .filter(|past| last > 0 && past.tick <= last && (frozen || past.tick < last));
    look(model);
    true
}

/// After a tick: the moment shown may no longer be kept.
pub(super) fn follow(model: &mut Model) {
    let oldest = model.history.oldest();
    if let Some(past) = &mut model.past {
        past.tick = past.tick.max(oldest);
        look(model);
    }
}

/// Updates every pane to the moment shown.
fn look(model: &mut Model) {
    model.log.until = model.past.map(|_| model.moment());
    model.arrange();
}
