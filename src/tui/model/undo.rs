//! [`Undo`]: what can be undone, newest last.

use jiff::{SignedDuration, Timestamp};

use super::{EffectId, Knob, Model};
use crate::manager::LimitChange;
use crate::record::{Record, Status};
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
    /// Set the limit, which the action left as it is in `left`, to its previous value.
    Limit {
        /// What the action set.
        left: LimitChange,
        /// What it was before.
        back: LimitChange,
    },
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
    /// Give it its previous name.
    Rename {
        /// What the action called it.
        left: String,
        /// What it was called before.
        back: String,
    },
    /// It cannot be undone.
    Impossible,
}

impl Reversal {
    /// What the undo key does to `whom`, in a few words; empty if it can do nothing.
    #[must_use]
    pub fn phrase(&self, whom: &str) -> String {
        match self {
            Self::Limit { back, .. } => format!(
                "sets the {} limit of {whom} back to {}",
                Knob::of(*back).word(),
                back.words()
            ),
            Self::TakeBack(_) => format!("brings {whom} back"),
            Self::Start => format!("starts {whom} again"),
            Self::Stop => format!("stops {whom} again"),
            Self::Pause => format!("pauses {whom} again"),
            Self::Resume => format!("lets {whom} go on"),
            Self::Rename { back, .. } => format!("names {whom} {back} again"),
            Self::Impossible => String::new(),
        }
    }

    /// Takes in a `later` change of the same limit. `false` where `later` is something else, or
    /// begins with another value: somebody else changed it in between.
    fn is_joined_by(&mut self, later: &Self) -> bool {
        match (self, later) {
            (
                Self::Limit { left, .. },
                Self::Limit {
                    left: last,
                    back: first,
                },
            ) if left == first => {
                *left = *last;
                true
            }
            _ => false,
        }
    }

    /// Whether the action left the container running or paused.
    fn is_of_run(&self) -> bool {
        matches!(self, Self::Stop | Self::Pause | Self::Resume)
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
    /// Since when it runs, where what is undone left it running or paused, once that is known.
    pub since: Option<Timestamp>,
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
            && let [before] = last.steps.as_mut_slice()
            && before.id == step.id
            && now.duration_since(last.at) < TOGETHER
            && before.reversal.is_joined_by(&step.reversal)
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
    /// Notes of what `records` says is running since when, if what can be undone left it so.
    pub fn note_runs(&mut self, records: &[Record]) {
        let steps = self.undo.0.iter_mut().flat_map(|entry| &mut entry.steps);
        for step in steps.filter(|step| step.since.is_none() && step.reversal.is_of_run()) {
            if !self.pending.contains_key(&step.effect) {
                let record = records.iter().find(|record| record.spec.id == step.id);
                step.since = record.and_then(running_since);
            }
        }
    }

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

/// Since when it runs, frozen or not.
pub(in crate::tui) fn running_since(record: &Record) -> Option<Timestamp> {
    match record.state.status {
        Status::Running { since, .. } | Status::Paused { since, .. } => Some(since),
        Status::Created | Status::Stopped { .. } | Status::Broken { .. } => None,
    }
}
