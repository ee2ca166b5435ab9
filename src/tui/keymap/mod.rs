//! [`Keymap`]: context + key → [`Action`], as data. `assets/keymap.toml` is the default; the config
//! file overrides it.

mod chord;

use std::collections::BTreeMap;

pub use chord::{Chord, Key};

use super::action::Action;
pub use super::context::Context;

/// The content of a keymap file: context → action → keys.
pub type Bindings = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// A keymap that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("keys: {0}")]
pub struct KeymapError(String);

/// The keys of every context, and what the bottom line shows in each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    keys: BTreeMap<Context, BTreeMap<Action, Vec<Chord>>>,
    bar: BTreeMap<Context, Vec<Action>>,
}

const EMBEDDED: &str = include_str!("../../../assets/keymap.toml");
const BAR: &str = "bar";

impl Keymap {
    /// The default keys.
    ///
    /// # Errors
    /// Only when `assets/keymap.toml` is wrong, which a test rules out.
    pub fn embedded() -> Result<Self, KeymapError> {
        Self::from_toml(EMBEDDED)
    }

    /// Reads a whole keymap.
    ///
    /// # Errors
    /// [`KeymapError`] naming the context, action or key that is wrong and what is allowed.
    pub fn from_toml(text: &str) -> Result<Self, KeymapError> {
        let mut tables: BTreeMap<String, toml::Value> =
            toml::from_str(text).map_err(|e| KeymapError(e.to_string()))?;
        let bar: BTreeMap<String, Vec<String>> = match tables.remove(BAR) {
            Some(value) => value
                .try_into()
                .map_err(|e| KeymapError(format!("[{BAR}]: {e}")))?,
            None => BTreeMap::new(),
        };
        let mut bindings = Bindings::new();
        for (context, value) in tables {
            let table = value.try_into().map_err(|e| {
                KeymapError(format!("[{context}]: {e}; write action = [\"key\", …]"))
            })?;
            bindings.insert(context, table);
        }
        let empty = Self {
            keys: BTreeMap::new(),
            bar: BTreeMap::new(),
        };
        let mut keymap = empty.with_overrides(&bindings)?;
        for (name, actions) in bar {
            let context = context(&name)?;
            let actions: Result<Vec<_>, _> = actions.iter().map(|id| action(&name, id)).collect();
            keymap.bar.insert(context, actions?);
        }
        Ok(keymap)
    }

    /// Applies `overrides`: an action named there has exactly the keys given (none if the list is
    /// empty), and these keys are removed from other actions of the same context.
    ///
    /// # Errors
    /// [`KeymapError`] for an unknown context, action or key, for a key given twice, and when no
    /// key would quit.
    pub fn with_overrides(mut self, overrides: &Bindings) -> Result<Self, KeymapError> {
        for (name, actions) in overrides {
            let context = context(name)?;
            let mut given: BTreeMap<Chord, Action> = BTreeMap::new();
            let mut laid: BTreeMap<Action, Vec<Chord>> = BTreeMap::new();
            for (id, keys) in actions {
                let action = action(name, id)?;
                let mut chords = Vec::new();
                for key in keys {
                    let chord: Chord = key
                        .parse()
                        .map_err(|reason| KeymapError(format!("[{name}] {id}: {reason}")))?;
                    if let Some(other) = given.insert(chord, action) {
                        return Err(KeymapError(format!(
                            "[{name}] {chord} is given to both {} and {id}; a key does one thing in a context",
                            other.id()
                        )));
                    }
                    chords.push(chord);
                }
                laid.insert(action, chords);
            }
            let table = self.keys.entry(context).or_default();
            for chords in table.values_mut() {
                chords.retain(|chord| !given.contains_key(chord));
            }
            table.extend(laid);
        }
        if self.keys_of(Context::Global, Action::Quit).is_empty() {
            return Err(KeymapError("[global] quit has no key; give it one".into()));
        }
        Ok(self)
    }

    /// The action of `chord` in `contexts`, innermost first.
    #[must_use]
    pub fn action(&self, contexts: &[Context], chord: Chord) -> Option<Action> {
        contexts.iter().find_map(|context| {
            let table = self.keys.get(context)?;
            table
                .iter()
                .find(|(_, chords)| chords.contains(&chord))
                .map(|(action, _)| *action)
        })
    }

    /// The keys of `action` in `context`, the one to show first.
    #[must_use]
    pub fn keys_of(&self, context: Context, action: Action) -> &[Chord] {
        self.keys
            .get(&context)
            .and_then(|table| table.get(&action))
            .map_or(&[], Vec::as_slice)
    }

    /// The key to show for `action` in `contexts`.
    #[must_use]
    pub fn shown_key(&self, contexts: &[Context], action: Action) -> Option<Chord> {
        contexts
            .iter()
            .find_map(|context| self.keys_of(*context, action).first().copied())
    }

    /// The contexts in which `action` has a key.
    #[must_use]
    pub fn contexts_of(&self, action: Action) -> Vec<Context> {
        Context::ALL
            .iter()
            .copied()
            .filter(|context| !self.keys_of(*context, action).is_empty())
            .collect()
    }

    /// Every action of `context` that has a key, with its keys.
    pub fn listed(&self, context: Context) -> impl Iterator<Item = (Action, &[Chord])> {
        let table = self.keys.get(&context).into_iter().flatten();
        table
            .filter(|(_, chords)| !chords.is_empty())
            .map(|(action, chords)| (*action, chords.as_slice()))
    }

    /// What the bottom line shows in `context`, most important first.
    #[must_use]
    pub fn bar(&self, context: Context) -> &[Action] {
        self.bar.get(&context).map_or(&[], Vec::as_slice)
    }
}

fn context(name: &str) -> Result<Context, KeymapError> {
    let found = Context::ALL
        .iter()
        .copied()
        .find(|context| context.id() == name);
    found.ok_or_else(|| {
        let all: Vec<_> = Context::ALL.iter().map(|context| context.id()).collect();
        KeymapError(format!("[{name}] is not a context; use {}", all.join(", ")))
    })
}

fn action(context: &str, id: &str) -> Result<Action, KeymapError> {
    Action::from_id(id).ok_or_else(|| {
        let all: Vec<_> = Action::ALL.iter().map(|action| action.id()).collect();
        KeymapError(format!(
            "[{context}] {id:?} is not an action; use one of {}",
            all.join(", ")
        ))
    })
}
