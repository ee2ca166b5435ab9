//! Calls to the engine and the terminal, and reports of progress and failures.

use crate::manager::Error;
use crate::tui::effect::{Call, Effect};
use crate::tui::model::{EffectId, Model, Pending, ToastKind};
use crate::tui::remembered::Remembered;

/// Records a pending engine call and gives it an id.
pub(super) fn call_engine(model: &mut Model, pending: Pending, call: Call) -> Effect {
    model.last_effect += 1;
    let id = EffectId(model.last_effect);
    model.pending.insert(id, pending);
    Effect::Call(id, call)
}

/// A failure in one line: what was attempted, the error, what to do.
pub(super) fn failure_text(what: &str, error: &Error) -> String {
    match error.hint() {
        Some(hint) => format!("{what}: {error} ({hint})"),
        None => format!("{what}: {error}"),
    }
}

/// Shows a line of progress as a toast.
pub(super) fn show_progress(model: &mut Model, id: EffectId, line: &str) {
    if let Some(name) = model.pending.get(&id).map(|pending| pending.name.clone()) {
        model.toast(ToastKind::Progress(id), format!("{name}: {line}"));
    }
}

/// Changes what is remembered from one start to the next. Nothing is written where it does not
/// differ, and by a screen that has no file for it.
pub(super) fn remember(model: &mut Model, change: impl FnOnce(&mut Remembered)) -> Vec<Effect> {
    let before = model.remembered.clone();
    change(&mut model.remembered);
    match &model.settings.remembered_in {
        Some(file) if model.remembered != before && !model.settings.read_only => {
            vec![Effect::Remember(file.clone(), model.remembered.clone())]
        }
        _ => Vec::new(),
    }
}

/// Copies `text` to the user's clipboard.
pub(super) fn copy(model: &mut Model, text: String) -> Vec<Effect> {
    model.toast(
        ToastKind::Changed,
        format!("copied: {}", text.lines().next().unwrap_or_default()),
    );
    vec![Effect::Copy(text)]
}
