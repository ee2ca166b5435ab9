//! [`Unbound`]: a key that does nothing where it was pressed. It is told once, quietly.

use jiff::{SignedDuration, Timestamp};

use super::{Kind, Model, Overlay, Spot};
use crate::tui::action::Action;
use crate::tui::keymap::Chord;
use crate::tui::sanitise::printable;

/// How long it is told.
const SHOWN: SignedDuration = SignedDuration::from_secs(4);

/// A key that does nothing where it was pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unbound {
    /// The key.
    pub chord: Chord,
    /// Until when this is told; `None` once it is over.
    until: Option<Timestamp>,
}

impl Model {
    /// `chord` does nothing here. It is told once, until another key does something.
    pub fn note_unbound(&mut self, chord: Chord) {
        if self.unbound.is_none_or(|unbound| unbound.chord != chord) {
            let until = Some(self.now + SHOWN);
            self.unbound = Some(Unbound { chord, until });
            self.dirty = true;
        }
    }

    /// Stops telling it when its time is over.
    pub fn expire_unbound(&mut self) {
        if let Some(unbound) = &mut self.unbound
            && unbound.until.is_some_and(|until| until <= self.now)
        {
            unbound.until = None;
            self.dirty = true;
        }
    }

    /// Whether the focus of the launch form is on a choice.
    fn on_choice(&self) -> bool {
        let Some(Overlay::Form(form)) = &self.overlay else {
            return false;
        };
        matches!(form.focus, Spot::Entry(field, _) if matches!(field.kind(), Kind::Choice(_)))
    }

    /// What the bottom line says of a key that does nothing.
    #[must_use]
    pub fn unbound_notice(&self) -> Option<String> {
        let unbound = self.unbound.filter(|unbound| unbound.until.is_some())?;
        let key = printable(&unbound.chord.to_string());
        if self.on_choice() && unbound.chord.typed().is_some() {
            let shown = |action| self.settings.keymap.shown_key(&self.contexts(), action);
            let keys = [Action::CursorLeft, Action::CursorRight].map(shown);
            if let [Some(left), Some(right)] = keys {
                return Some(format!("{left} and {right} choose"));
            }
        }
        let help = self
            .settings
            .keymap
            .shown_key(&self.contexts(), Action::Help);
        Some(match help {
            Some(help) => format!("{key} does nothing here; {help} shows the keys"),
            None => format!("{key} does nothing here"),
        })
    }
}
