//! The setup: what is chosen is shown at once, Enter saves it, Esc brings back what was there.

use super::moved;
use super::requests::call_engine;
use crate::tui::action::Action;
use crate::tui::effect::{Call, Effect};
use crate::tui::keymap::{Chord, Key};
use crate::tui::model::{Model, Overlay, Pending, Setup, SetupSection, ToastKind};

/// Opens the setup.
pub(super) fn open(model: &mut Model) {
    model.overlay = Some(Overlay::Setup(Box::new(Setup::of(&model.settings))));
}

/// Whether the next key is for the setup, whatever it does elsewhere.
pub(super) fn takes_keys(model: &Model) -> bool {
    matches!(&model.overlay, Some(Overlay::Setup(setup)) if setup.asking)
}

/// Handles `action` in the setup.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Overlay::Setup(mut setup)) = model.overlay.take() else {
        return Vec::new();
    };
    match action {
        Action::Cancel => {
            model.settings = *setup.before;
            model.arrange();
            return Vec::new();
        }
        Action::Confirm => return save(model, *setup),
        Action::NextField => setup.turn(1, &model.settings),
        Action::PreviousField => setup.turn(SetupSection::ALL.len() - 1, &model.settings),
        Action::Choose => setup.choose(),
        Action::MoveUp => setup.shift(false),
        Action::MoveDown => setup.shift(true),
        Action::DeleteAt if setup.section == SetupSection::Keys => {
            match setup.take_keys(&model.settings.keymap) {
                Ok(keymap) => (model.settings.keymap, setup.note) = (keymap, None),
                Err(reason) => setup.note = Some(reason),
            }
        }
        _ => {
            let page = usize::from(model.size.height / 2);
            if let Some(row) = moved(action, setup.row, setup.rows(), page) {
                (setup.row, setup.note) = (row, None);
            }
        }
    }
    setup.apply(&mut model.settings);
    model.overlay = Some(Overlay::Setup(setup));
    model.arrange();
    Vec::new()
}

/// A click on `row` of the section.
pub(super) fn click(model: &mut Model, row: usize) -> Vec<Effect> {
    if let Some(Overlay::Setup(setup)) = &mut model.overlay {
        setup.row = row.min(setup.rows().saturating_sub(1));
    }
    act(model, Action::Choose)
}

/// A click on the name of `section`.
pub(super) fn show(model: &mut Model, section: SetupSection) {
    if let Some(Overlay::Setup(setup)) = &mut model.overlay {
        setup.show(section, &model.settings);
    }
}

/// Takes `chord` for the action that asks for a key.
pub(super) fn take_key(model: &mut Model, chord: Chord) {
    model.dirty = true;
    let Some(Overlay::Setup(setup)) = &mut model.overlay else {
        return;
    };
    if chord == Key::Esc.into() {
        (setup.asking, setup.taken, setup.note) = (false, None, None);
        return;
    }
    match setup.give(&model.settings.keymap, chord) {
        Ok(keymap) => (model.settings.keymap, setup.note) = (keymap, None),
        Err(reason) => setup.note = Some(reason),
    }
}

fn save(model: &mut Model, setup: Setup) -> Vec<Effect> {
    let changes = setup.changes(&model.settings);
    if changes.is_empty() {
        return Vec::new();
    }
    let file = model.settings.config_file.clone();
    let Some(file) = file.filter(|_| !model.settings.read_only) else {
        // samples are taken for everybody: their pace is the config file's
        model.settings.tick = setup.before.tick;
        let why = if model.settings.read_only {
            "it is read-only"
        } else {
            "it has no config file"
        };
        model.toast(
            ToastKind::Notice,
            format!("Setup: kept until this screen is left, not saved: {why}"),
        );
        return Vec::new();
    };
    let pending = Pending {
        action: Action::Setup,
        target: None,
        name: "the setup".into(),
    };
    let call = Call::SaveScreen(file, Box::new(changes));
    vec![call_engine(model, pending, call)]
}
