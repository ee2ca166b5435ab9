//! [`Undo`]: what can be undone, newest last.

use jiff::{SignedDuration, Timestamp};

use super::{EffectId, Knob, Model};
use crate::manager::LimitChange;
use crate::spec::ContainerId;
use crate::tui::action::Action;
use crate::tui::keymap::Context;

/// The most entries kept.
const MAX_UNDOS: usize = 50;
/// Steps of one limit within this time of each other are undone together.
const TOGETHER: SignedDuration = SignedDuration::from_secs(2);

/// How to undo something that was done to a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reversal {
    /// Set the limit to its previous value.
    Limit(LimitChange),
    /// Bring it back from the trash, and start it if it ran.
    TakeBack(bool),
    /// Start it again.
    Start,
    /// Stop it again.
    Stop,
    /// Freeze it again.
    Pause,
    /// Let it go on.
    Resume,
    /// Give it back this name.
    Rename(String),
    /// It cannot be undone.
    Impossible,
}

impl Reversal {
    /// What the undo key does to `whom`, in a few words; empty if it can do nothing.
    #[must_use]
    pub fn phrase(&self, whom: &str) -> String {
        match self {
            Self::Limit(change) => format!(
                "sets the {} limit of {whom} back to {}",
                Knob::of(*change).word(),
                change.words()
            ),
            Self::TakeBack(_) => format!("brings {whom} back"),
            Self::Start => format!("starts {whom} again"),
            Self::Stop => format!("stops {whom} again"),
            Self::Pause => format!("pauses {whom} again"),
            Self::Resume => format!("lets {whom} go on"),
            Self::Rename(name) => format!("names {whom} {name} again"),
            Self::Impossible => String::new(),
        }
    }
}

/// What is undone of one container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoStep {
    /// The container.
    pub id: ContainerId,
    /// Its name for messages.
    pub name: String,
    /// How.
    pub reversal: Reversal,
    /// The call that did what is undone.
    pub effect: EffectId,
}

/// An entry of the undo list: all that one action did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undoable {
    /// The action.
    pub action: Action,
    /// Its containers.
    pub steps: Vec<UndoStep>,
    at: Timestamp,
}

/// What can be undone, newest last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Undo(Vec<Undoable>);

impl Undo {
    /// Adds an entry.
    pub fn remember(&mut self, action: Action, steps: Vec<UndoStep>, now: Timestamp) {
        if let (Some(last), [step]) = (self.0.last_mut(), steps.as_slice())
            && let [before] = last.steps.as_slice()
            && before.id == step.id
            && is_same_limit(&before.reversal, &step.reversal)
            && now.duration_since(last.at) < TOGETHER
        {
            last.at = now;
            return;
        }
        if self.0.len() >= MAX_UNDOS {
            self.0.remove(0);
        }
        if !steps.is_empty() {
            self.0.push(Undoable {
                action,
                steps,
                at: now,
            });
        }
    }

    /// Removes and returns the newest entry.
    pub fn pop(&mut self) -> Option<Undoable> {
        self.0.pop()
    }

    /// The newest entry.
    #[must_use]
    pub fn newest(&self) -> Option<&Undoable> {
        self.0.last()
    }

    /// Removes the newest step that is such a one: its change failed.
    pub fn forget(&mut self, is_such: impl Fn(&UndoStep) -> bool) {
        let found = |entry: &Undoable| entry.steps.iter().any(&is_such);
        if let Some(at) = self.0.iter().rposition(found) {
            self.0[at].steps.retain(|step| !is_such(step));
            if self.0[at].steps.is_empty() {
                self.0.remove(at);
            }
        }
    }
}

impl Model {
    /// The key that undoes, as text.
    #[must_use]
    pub fn undo_key(&self) -> Option<String> {
        let key = self
            .settings
            .keymap
            .shown_key(&[Context::Global], Action::Undo);
        key.map(|key| key.to_string())
    }
}

fn is_same_limit(one: &Reversal, other: &Reversal) -> bool {
    match (one, other) {
        (Reversal::Limit(one), Reversal::Limit(two)) => {
            std::mem::discriminant(one) == std::mem::discriminant(two)
        }
        _ => false,
    }
}
