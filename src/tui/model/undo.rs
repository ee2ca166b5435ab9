//! [`Undo`]: what can be undone, newest last.

use jiff::{SignedDuration, Timestamp};

use crate::manager::LimitChange;
use crate::spec::ContainerId;

/// The most entries kept.
const MAX_UNDOS: usize = 50;
/// Steps of one limit within this time of each other are undone together.
const TOGETHER: SignedDuration = SignedDuration::from_secs(2);

/// How to undo something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UndoStep {
    /// Set the limit to its previous value.
    Limit(LimitChange),
    /// Bring it back from the trash.
    TakeBack,
}

/// An entry of the undo list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undoable {
    /// The container.
    pub id: ContainerId,
    /// Its name for messages.
    pub name: String,
    /// How.
    pub step: UndoStep,
    at: Timestamp,
}

/// What can be undone, newest last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Undo(Vec<Undoable>);

impl Undo {
    /// Adds an entry.
    pub fn remember(&mut self, id: ContainerId, name: String, step: UndoStep, now: Timestamp) {
        let same = |step: &UndoStep, other: &UndoStep| match (step, other) {
            (UndoStep::Limit(one), UndoStep::Limit(two)) => {
                std::mem::discriminant(one) == std::mem::discriminant(two)
            }
            _ => false,
        };
        if let Some(last) = self.0.last_mut()
            && last.id == id
            && same(&last.step, &step)
            && now.duration_since(last.at) < TOGETHER
        {
            last.at = now;
            return;
        }
        if self.0.len() >= MAX_UNDOS {
            self.0.remove(0);
        }
        self.0.push(Undoable {
            id,
            name,
            step,
            at: now,
        });
    }

    /// Whether nothing can be undone.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes and returns the newest entry.
    pub fn pop(&mut self) -> Option<Undoable> {
        self.0.pop()
    }

    /// Removes the newest entry of `id`, whose change failed.
    pub fn forget(&mut self, id: &ContainerId) {
        if let Some(at) = self.0.iter().rposition(|undoable| undoable.id == *id) {
            self.0.remove(at);
        }
    }
}
