//! The Images and Networks tabs: moving in them, and from there to the containers.

use super::{moved, refuse, show};
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::model::{Model, Tab};

/// Handles the keys of these tabs.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let used = model.used();
    let row = model.used_row(&used);
    if action == Action::ShowUsers {
        let Some(one) = used.get(row).filter(|one| !one.members.is_empty()) else {
            refuse(model, action, "no container uses it");
            return Vec::new();
        };
        model.list.filter.clone_from(&one.filter);
        return show(model, Tab::Containers);
    }
    let page = model.regions().map_or(1, |regions| {
        usize::from(regions.body.height.saturating_sub(1))
    });
    match moved(action, row, used.len(), page) {
        Some(row) => select(model, row),
        None => Vec::new(),
    }
}

/// Selects `row`.
pub(super) fn select(model: &mut Model, row: usize) -> Vec<Effect> {
    model.select_used(row);
    super::looks::look_anew(model)
}
