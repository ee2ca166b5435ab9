//! Undo of the newest entry.

use super::handles;
use super::requests::call_engine;
use crate::tui::action::Action;
use crate::tui::effect::{Call, Effect};
use crate::tui::model::{Model, Pending, ToastKind, UndoStep};

/// Undoes the newest entry.
pub(super) fn undo(model: &mut Model) -> Vec<Effect> {
    let Some(undoable) = model.undo.pop() else {
        return Vec::new();
    };
    match undoable.step {
        UndoStep::Limit(change) => {
            if model.record(&undoable.id).is_none() {
                model.toast(
                    ToastKind::Notice,
                    format!("undo: {} is gone", undoable.name),
                );
                return Vec::new();
            }
            handles::ask_engine(model, undoable.id, change)
        }
        UndoStep::TakeBack => {
            let pending = Pending {
                action: Action::Undo,
                target: Some(undoable.id.clone()),
                name: undoable.name,
            };
            vec![call_engine(model, pending, Call::TakeBack(undoable.id))]
        }
    }
}
