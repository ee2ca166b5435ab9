//! [`Batch`]: one action on several containers, which ends with one message.

use std::collections::BTreeSet;

use super::EffectId;

/// One action on several containers, while calls of it have not ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Its calls.
    pub calls: BTreeSet<EffectId>,
    /// Those that have not ended.
    pub waiting: BTreeSet<EffectId>,
    /// What was done, in a word, and the names of the containers.
    pub done: Vec<(&'static str, String)>,
    /// What failed.
    pub failed: Vec<String>,
}

/// The batches that have not ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batches(Vec<Batch>);

impl Batches {
    /// Waits for these calls; one alone is no batch.
    pub fn begin(&mut self, calls: impl IntoIterator<Item = EffectId>) {
        let waiting: BTreeSet<_> = calls.into_iter().collect();
        if waiting.len() > 1 {
            self.0.push(Batch {
                calls: waiting.clone(),
                waiting,
                ..Batch::default()
            });
        }
    }

    /// The batch of this call.
    pub fn of(&mut self, call: EffectId) -> Option<&mut Batch> {
        self.0
            .iter_mut()
            .find(|batch| batch.waiting.contains(&call))
    }

    /// The call has ended. Returns its batch if it was the last.
    pub fn ended(&mut self, call: EffectId) -> Option<Batch> {
        let at = self
            .0
            .iter()
            .position(|batch| batch.waiting.contains(&call))?;
        self.0[at].waiting.remove(&call);
        self.0[at].waiting.is_empty().then(|| self.0.remove(at))
    }
}
