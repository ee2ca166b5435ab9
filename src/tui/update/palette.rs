//! The palette: typing narrows it down, Enter performs the selected action.

use super::requests::copy;
use super::{act as act_on_tab, moved, refuse, typing};
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::model::{Model, Overlay, Palette, palette_rows};

/// Opens it with every action.
pub(super) fn open(model: &mut Model) {
    let mut palette = Palette::default();
    palette.search(model);
    model.overlay = Some(Overlay::Palette(palette));
}

/// Handles `action` in the palette.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Overlay::Palette(palette)) = &mut model.overlay else {
        return Vec::new();
    };
    match action {
        Action::Cancel => model.overlay = None,
        Action::Confirm => {
            let chosen = palette.chosen();
            model.overlay = None;
            let Some(chosen) = chosen else {
                return Vec::new();
            };
            return match model.refusal_by_name(chosen) {
                Some(reason) => {
                    refuse(model, chosen, &reason);
                    Vec::new()
                }
                None => act_on_tab(model, chosen),
            };
        }
        Action::CopyCommand => {
            let line = palette
                .chosen()
                .and_then(|chosen| model.command_for(chosen, &model.targets()));
            return match line {
                Some(line) => copy(model, line),
                None => {
                    refuse(model, action, "no command line does that");
                    Vec::new()
                }
            };
        }
        Action::Up | Action::Down | Action::PageUp | Action::PageDown => {
            let page = palette_rows(model.size);
            palette.row =
                moved(action, palette.row, palette.found.len(), page).unwrap_or(palette.row);
        }
        _ => typing::edit_action(model, action),
    }
    Vec::new()
}

/// Copies the command line of the last action.
pub(super) fn copy_last(model: &mut Model) -> Vec<Effect> {
    let line = model.last_command.clone();
    line.map_or_else(Vec::new, |line| copy(model, line))
}
