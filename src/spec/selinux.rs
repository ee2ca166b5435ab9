//! SELinux: the label of a container, and the pair of categories that separates it from others.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::SpecError;

/// The SELinux label of its processes, on a host that has SELinux (selinux(8)).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SeLinux {
    /// The policy's label for containers, with categories of its own.
    #[default]
    Default,
    /// None: the policy's default transition.
    Unconfined,
    /// The policy's label with another type, or a complete one: `USER:ROLE:TYPE[:LEVEL]`.
    Named(String),
}

impl SeLinux {
    pub(super) fn resolve(word: Option<&str>) -> Result<Self, SpecError> {
        let is_label = |text: &str| {
            let parts: Vec<&str> = text.splitn(4, ':').collect();
            let known = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
            let (names, level) = parts.split_at(parts.len().min(3));
            matches!(names.len(), 1 | 3)
                && names
                    .iter()
                    .all(|part| !part.is_empty() && part.chars().all(known))
                && level.iter().all(|text| {
                    !text.is_empty() && text.chars().all(|c| known(c) || ":,".contains(c))
                })
                && text.len() <= 4096
        };
        match word.map(str::trim) {
            None | Some("" | "default") => Ok(Self::Default),
            Some("unconfined") => Ok(Self::Unconfined),
            Some(label) if is_label(label) => Ok(Self::Named(label.into())),
            Some(other) => Err(SpecError::new(
                "selinux",
                format!(
                    "{other:?} is not an SELinux label; use default, unconfined, a type such as container_t, or USER:ROLE:TYPE:LEVEL"
                ),
            )),
        }
    }
}

/// Number of categories of a container policy (c0 to c1023).
const CATEGORIES: u32 = 1024;

/// Two of the policy's categories, the lower first, unique to a container, which separate
/// containers of the same type (Multi-Category Security; opencontainers/selinux: uniqMcs).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Categories(u16, u16);

impl Categories {
    /// Number of different pairs.
    const PAIRS: u32 = CATEGORIES * (CATEGORIES - 1) / 2;

    /// Pair number `n`, modulo their number: (0, 1), (0, 2), (1, 2), (0, 3), and so on.
    fn of(n: u32) -> Self {
        let n = n % Self::PAIRS;
        // H categories make as many pairs as come before the first pair whose higher is H
        let higher = u32::midpoint(1, (1 + 8 * n).isqrt());
        Self((n - higher * (higher - 1) / 2) as u16, higher as u16)
    }

    /// The first pair from number `random` on that is not in `taken`; `None` when none is left.
    #[must_use]
    pub fn free(random: u32, taken: &HashSet<Self>) -> Option<Self> {
        (0..Self::PAIRS.min(taken.len() as u32 + 1))
            .map(|n| Self::of(random.wrapping_add(n)))
            .find(|pair| !taken.contains(pair))
    }

    /// As the end of a label: `c7,c513`.
    #[must_use]
    pub fn words(self) -> String {
        format!("c{},c{}", self.0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_parsed_or_refused() {
        let of = |word| SeLinux::resolve(Some(word));
        assert_eq!(SeLinux::resolve(None), Ok(SeLinux::Default));
        assert_eq!(
            (of("default"), of(" unconfined ")),
            (Ok(SeLinux::Default), Ok(SeLinux::Unconfined))
        );
        for label in [
            "container_init_t",
            "system_u:system_r:container_t",
            "system_u:system_r:container_t:s0-s0:c1,c2.c5",
        ] {
            assert_eq!(of(label), Ok(SeLinux::Named(label.into())));
        }
        for wrong in [
            "a b",
            "a:b",
            "a::c",
            ":",
            "a:b:c:",
            "a:b:c:s0 x",
            "type\"t",
            "../x",
            "a,b",
        ] {
            assert!(
                of(wrong)
                    .unwrap_err()
                    .to_string()
                    .contains("is not an SELinux label"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn pairs_are_distinct() {
        let all: HashSet<(u16, u16)> = (0..Categories::PAIRS)
            .map(Categories::of)
            .map(|pair| (pair.0, pair.1))
            .collect();
        assert_eq!(all.len(), 523_776);
        assert!(all.iter().all(|(low, high)| low < high && *high < 1024));
        assert_eq!(Categories::of(Categories::PAIRS), Categories(0, 1));
    }

    #[test]
    fn taken_pairs_are_skipped() {
        let none = HashSet::new();
        let first = Categories::free(u32::MAX, &none).unwrap();
        let second = Categories::free(u32::MAX, &HashSet::from([first])).unwrap();
        assert_ne!(first, second);
        assert_eq!(Categories::free(4, &none).unwrap().words(), "c1,c3");
        let mut taken: HashSet<Categories> = (0..Categories::PAIRS).map(Categories::of).collect();
        assert_eq!(Categories::free(0, &taken), None);
        taken.remove(&Categories(7, 9));
        assert_eq!(Categories::free(0, &taken), Some(Categories(7, 9)));
    }
}
