//! Container ids and names, and how a user's abbreviation finds one.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::SpecError;

/// Longest id or name, in bytes.
const MAX_LEN: usize = 64;

/// A container's identity: 12 lower-case hex digits when generated. It names folders and cgroups,
/// so it matches `[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}` and is never a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContainerId(String);

/// A container's name, with the same alphabet as an id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContainerName(String);

fn check(field: &'static str, text: &str) -> Result<(), SpecError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let first_ok = text
        .chars()
        .next()
        .is_some_and(|c| c.is_ascii_alphanumeric());
    if first_ok && text.len() <= MAX_LEN && text.chars().all(allowed) {
        return Ok(());
    }
    let shown: String = text.chars().take(MAX_LEN).collect();
    Err(SpecError::new(
        field,
        format!(
            "{shown:?} is not a {field}: use letters, digits, '_', '.' and '-', a letter or digit first, at most {MAX_LEN}"
        ),
    ))
}

macro_rules! identifier {
    ($type:ident, $field:literal) => {
        impl $type {
            /// The most characters.
            pub const MAX_LEN: usize = MAX_LEN;

            /// Checks the alphabet and length.
            ///
            /// # Errors
            /// [`SpecError`] naming what is allowed.
            pub fn new(text: impl Into<String>) -> Result<Self, SpecError> {
                let text = text.into();
                check($field, &text)?;
                Ok(Self(text))
            }

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $type {
            type Error = SpecError;
            fn try_from(text: String) -> Result<Self, SpecError> {
                Self::new(text)
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

identifier!(ContainerId, "id");
identifier!(ContainerName, "name");

impl ContainerId {
    /// The id made of 6 random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 6]) -> Self {
        Self(bytes.iter().map(|b| format!("{b:02x}")).collect())
    }
}

/// The result of [`lookup`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdLookup {
    /// Exactly one container.
    Found(ContainerId),
    /// No id, name or id prefix matches.
    Unknown,
    /// Several ids begin with the word.
    Ambiguous(Vec<ContainerId>),
}

/// Finds the container that `word` means: an exact id, then an exact name, then a unique prefix of
/// an id, as docker does.
#[must_use]
pub fn lookup<'a>(
    word: &str,
    all: impl Iterator<Item = (&'a ContainerId, &'a ContainerName)>,
) -> IdLookup {
    let mut by_name = None;
    let mut by_prefix = Vec::new();
    for (id, name) in all {
        if id.as_str() == word {
            return IdLookup::Found(id.clone());
        }
        if name.as_str() == word {
            by_name = Some(id.clone());
        }
        if !word.is_empty() && id.as_str().starts_with(word) {
            by_prefix.push(id.clone());
        }
    }
    match (by_name, by_prefix.len()) {
        (Some(id), _) => IdLookup::Found(id),
        (None, 0) => IdLookup::Unknown,
        (None, 1) => IdLookup::Found(by_prefix.remove(0)),
        (None, _) => IdLookup::Ambiguous(by_prefix),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_never_paths() {
        for bad in [
            "",
            ".",
            "..",
            "-x",
            "a/b",
            "a b",
            "a\nb",
            "é",
            &"x".repeat(65),
        ] {
            assert!(ContainerName::new(bad).is_err(), "{bad:?}");
        }
        for good in ["a", "A.b-c_9", "0", &"x".repeat(64)] {
            assert!(ContainerName::new(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn lookup_prefers_exact_id_then_name_then_unique_prefix() {
        let id = |s: &str| ContainerId::new(s).unwrap();
        let name = |s: &str| ContainerName::new(s).unwrap();
        let all = [
            (id("abc1"), name("web")),
            (id("abd2"), name("abc")),
            (id("ffff"), name("db")),
        ];
        let find = |word: &str| lookup(word, all.iter().map(|(i, n)| (i, n)));
        assert_eq!(find("abc1"), IdLookup::Found(id("abc1")));
        assert_eq!(find("abc"), IdLookup::Found(id("abd2")));
        assert_eq!(find("f"), IdLookup::Found(id("ffff")));
        assert_eq!(
            find("ab"),
            IdLookup::Ambiguous(vec![id("abc1"), id("abd2")])
        );
        assert_eq!(find("zz"), IdLookup::Unknown);
        assert_eq!(find(""), IdLookup::Unknown);
    }
}
