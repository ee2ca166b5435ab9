//! [`Undo`]: what can be taken back, newest last.

use jiff::{SignedDuration, Timestamp};

use crate::manager::LimitChange;
use crate::spec::ContainerId;

/// The most that is remembered.
const MAX_UNDOS: usize = 50;
/// Steps of one limit that follow each other within this time are taken back together.
const TOGETHER: SignedDuration = SignedDuration::from_secs(2);

/// What takes something back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Set the limit to what it was.
    Limit(LimitChange),
    /// Bring it back from the trash.
    TakeBack,
}

/// One thing that can be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undoable {
    /// Of which container.
    pub id: ContainerId,
    /// Its name, to speak of it.
    pub name: String,
    /// How.
    pub step: Step,
    at: Timestamp,
}

/// What can be taken back, newest last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Undo(Vec<Undoable>);

impl Undo {
    /// Remembers how to take back what was just done.
    pub fn remember(&mut self, id: ContainerId, name: String, step: Step, now: Timestamp) {
        let same = |step: &Step, other: &Step| match (step, other) {
            (Step::Limit(one), Step::Limit(two)) => {
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

    /// The newest, which is forgotten with that.
    pub fn pop(&mut self) -> Option<Undoable> {
        self.0.pop()
    }

    /// The newest.
    #[must_use]
    pub fn newest(&self) -> Option<&Undoable> {
        self.0.last()
    }

    /// Forgets the newest step on `id` that is such a step: it was not done after all.
    pub fn forget(&mut self, id: &ContainerId, is_such: impl Fn(&Step) -> bool) {
        let found = |undoable: &Undoable| undoable.id == *id && is_such(&undoable.step);
        if let Some(at) = self.0.iter().rposition(found) {
            self.0.remove(at);
        }
    }
}
