//! [`Document`]: a TOML text that can locate its values.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

use super::ConfigError;

/// A TOML text and its name in errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Document {
    /// The file's name, for messages.
    pub name: String,
    text: String,
}

impl Document {
    pub(super) fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
        }
    }

    /// Deserializes it as a `T`.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        toml::from_str(&self.text).map_err(|error| {
            let Some(span) = error.span() else {
                return ConfigError::new(&self.name, error.message());
            };
            let key = self.key_at(&span);
            let message = match error.message().strip_prefix("unknown field ") {
                Some(rest) => {
                    let allowed = rest
                        .split_once(", expected ")
                        .map_or("nothing here", |(_, allowed)| allowed);
                    format!("unknown key, expected {allowed}")
                }
                None => error.message().to_owned(),
            };
            let message = if key.is_empty() {
                message
            } else {
                format!("{key}: {message}")
            };
            ConfigError::new(self.place(span.start), &message)
        })
    }

    /// An error about the value at `path`, or about the nearest table above it in the text.
    pub(super) fn error_at(&self, path: &[&str], reason: &str) -> ConfigError {
        let place = self
            .walk(path)
            .map_or(self.name.clone(), |(_, span)| self.place(span.start));
        ConfigError::new(place, &format!("{}: {reason}", path.join(".")))
    }

    /// `FILE:LINE:COLUMN` of the value at `path`, when it is in the text.
    pub(super) fn place_of(&self, path: &[&str]) -> Option<String> {
        let (exact, span) = self.walk(path)?;
        exact.then(|| self.place(span.start))
    }

    /// Where each entry of the table `name` begins, for keeping the text's order.
    pub(super) fn offsets_in(&self, name: &str) -> BTreeMap<String, usize> {
        let Ok(root) = DeTable::parse(&self.text) else {
            return BTreeMap::new();
        };
        let table = root
            .get_ref()
            .iter()
            .find(|(key, _)| key.get_ref().as_ref() == name)
            .map(|(_, value)| value.get_ref());
        let Some(DeValue::Table(entries)) = table else {
            return BTreeMap::new();
        };
        entries
            .iter()
            .map(|(key, value)| (key.get_ref().to_string(), value.span().start))
            .collect()
    }

    /// The span of the deepest value along `path`, and whether it is the path's end.
    fn walk(&self, path: &[&str]) -> Option<(bool, Range<usize>)> {
        let root = DeTable::parse(&self.text).ok()?;
        let (mut table, mut found) = (root.get_ref(), None);
        for (depth, name) in path.iter().enumerate() {
            let Some((_, value)) = table
                .iter()
                .find(|(key, _)| key.get_ref().as_ref() == *name)
            else {
                break;
            };
            found = Some((depth + 1 == path.len(), value.span()));
            match value.get_ref() {
                DeValue::Table(inner) => table = inner,
                _ => break,
            }
        }
        found
    }

    /// The dotted key whose name or value holds `span`; empty when none does.
    fn key_at(&self, span: &Range<usize>) -> String {
        let Ok(root) = DeTable::parse(&self.text) else {
            return String::new();
        };
        let mut path = Vec::new();
        let mut table = root.get_ref();
        loop {
            let holds = |outer: &Range<usize>| outer.start <= span.start && span.end <= outer.end;
            // a table written as [a.b] spans its header only, so its contents come first
            let inside = table.iter().find(|(key, value)| {
                holds(&key.span()) || reaches(value.get_ref(), &holds) || holds(&value.span())
            });
            let Some((key, value)) = inside else { break };
            path.push(key.get_ref().to_string());
            match value.get_ref() {
                DeValue::Table(inner) if !holds(&key.span()) => table = inner,
                _ => break,
            }
        }
        path.join(".")
    }

    /// `FILE:LINE:COLUMN` of a byte offset, both counted from 1, the column in characters.
    fn place(&self, offset: usize) -> String {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count()
            + 1;
        format!("{}:{line}:{column}", self.name)
    }
}

/// Whether some key or value inside `value` matches.
fn reaches(value: &DeValue<'_>, fits: &impl Fn(&Range<usize>) -> bool) -> bool {
    let DeValue::Table(table) = value else {
        return false;
    };
    table.iter().any(|(key, value)| {
        fits(&key.span()) || fits(&value.span()) || reaches(value.get_ref(), fits)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a = 1\n[t.x]\nb = \"é\"\n[t.y]\nc = { d = 2 }\n";

    #[test]
    fn paths_have_places() {
        let document = Document::new("f", TEXT);
        assert_eq!(document.place_of(&["a"]).as_deref(), Some("f:1:5"));
        assert_eq!(
            document.place_of(&["t", "x", "b"]).as_deref(),
            Some("f:3:5")
        );
        assert_eq!(
            document.place_of(&["t", "y", "c", "d"]).as_deref(),
            Some("f:5:11")
        );
        assert_eq!(document.place_of(&["t", "y", "nothing"]), None);
        let nearest = document.error_at(&["t", "y", "nothing"], "is missing");
        assert_eq!(nearest.to_string(), "f:4:1: t.y.nothing: is missing");
        let offsets = document.offsets_in("t");
        assert!(offsets["x"] < offsets["y"] && offsets.len() == 2);
    }

    #[test]
    fn places_have_keys() {
        let document = Document::new("f", TEXT);
        let key = |needle: &str| {
            let at = TEXT.find(needle).unwrap();
            document.key_at(&(at..at + needle.len()))
        };
        assert_eq!(
            [key("1"), key("\"é\""), key("d"), key("2"), key("c")],
            ["a", "t.x.b", "t.y.c.d", "t.y.c.d", "t.y.c"]
        );
    }
}
