//! Editing the focused line of any overlay.

use crate::tui::action::Action;
use crate::tui::model::{LineEdit, Model, Overlay, Purpose};

/// Applies `change` to the focused line, if there is one.
pub(super) fn edit(model: &mut Model, change: impl FnOnce(&mut LineEdit)) {
    model.dirty = true;
    match &mut model.overlay {
        Some(Overlay::Form(form)) => form.edit(change),
        Some(Overlay::Preset(form)) => form.edit(change),
        Some(Overlay::Line(prompt)) => {
            prompt.error = None;
            change(&mut prompt.line);
        }
        Some(Overlay::Palette(palette)) => {
            change(&mut palette.line);
            let mut palette = std::mem::take(palette);
            palette.search(model);
            model.overlay = Some(Overlay::Palette(palette));
        }
        Some(Overlay::Prompt(_)) => edit_prompt(model, change),
        Some(Overlay::Help(help)) if help.typing => {
            change(&mut help.line);
            help.offset = 0;
        }
        Some(Overlay::Filter(line, _)) => {
            change(line);
            model.list.filter = line.text().to_owned();
            model.arrange();
        }
        _ => {}
    }
}

/// Applies an editing action to the focused line.
pub(super) fn edit_action(model: &mut Model, action: Action) {
    edit(model, |line| match action {
        Action::CursorLeft => line.left(),
        Action::CursorRight => line.right(),
        Action::CursorHome => line.home(),
        Action::CursorEnd => line.end(),
        Action::DeleteBefore => line.delete_before(),
        Action::DeleteAt => line.delete_at(),
        Action::DeleteWord => line.delete_word(),
        Action::DeleteLine => line.delete_line(),
        _ => {}
    });
}

/// Pastes into the focused line. Elsewhere a paste is ignored, because its text is not meant as
/// keys.
pub(super) fn paste(model: &mut Model, text: &str) {
    if let Some(Overlay::Form(form)) = &mut model.overlay {
        model.dirty = true;
        form.leaving = false;
        return form.paste(text);
    }
    edit(model, |line| line.paste(text));
}

/// Applies `change` to the prompt at the bottom.
fn edit_prompt(model: &mut Model, change: impl FnOnce(&mut LineEdit)) {
    let Some(Overlay::Prompt(prompt)) = &mut model.overlay else {
        return;
    };
    change(&mut prompt.line);
    match prompt.purpose {
        Purpose::EventFilter(_) => {
            model.looks.events.filter = prompt.line.text().to_owned();
            model.looks.events.back = None;
        }
        Purpose::LogSearch { from, .. } => {
            let pattern = prompt.line.text().to_owned();
            search(model, &pattern, from);
        }
        Purpose::Extract(..) => {}
    }
}

/// Searches incrementally, from where the search began.
fn search(model: &mut Model, pattern: &str, from: u64) {
    if let Some(pane) = model.regions().map(|regions| regions.log_size()) {
        model.log.look_for(pattern, from, pane);
    }
}
