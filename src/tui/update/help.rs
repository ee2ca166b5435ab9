//! Help: scrolled, and searched.

use super::{moved, typing};
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::model::{Help, Model, Overlay, help_page};

/// Scrolls help, searches it, or closes it.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Overlay::Help(mut help)) = model.overlay.clone() else {
        return Vec::new();
    };
    let page = help_page(model.size);
    let rows = model.help_rows(&help).len();
    let last = rows.saturating_sub(page);
    match action {
        Action::Filter => help.typing = true,
        Action::Confirm => help.typing = false,
        // one step back: to all keys, then out of help
        Action::Cancel if help.typing || !help.line.text().is_empty() => {
            help = Help {
                over: help.over,
                ..Help::default()
            };
        }
        Action::Cancel => {
            model.overlay = help.over.map(|over| *over);
            return Vec::new();
        }
        _ => match moved(action, help.offset, last + 1, page) {
            Some(offset) => help.offset = offset,
            None if help.typing => {
                typing::edit_action(model, action);
                return Vec::new();
            }
            None => {}
        },
    }
    model.overlay = Some(Overlay::Help(help));
    Vec::new()
}

/// Shows help over the form, which comes back after it.
pub(super) fn over_form(model: &mut Model) {
    let over = model.overlay.take().map(Box::new);
    model.overlay = Some(Overlay::Help(Help {
        over,
        ..Help::default()
    }));
}
