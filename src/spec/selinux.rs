//! SELinux: which labels a container asks for, and the pair of categories that keeps it apart from
//! the others.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::SpecError;

/// The SELinux label of its processes, on a host that has SELinux (selinux(8)).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SeLinux {
    /// The one that the host's policy has for containers, with categories of its own.
    #[default]
    Default,
    /// None: whatever the policy makes of its program.
    Unconfined,
    /// That of the policy with another type, or a whole one: `USER:ROLE:TYPE[:LEVEL]`.
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
                    "{other:?} is no SELinux label; use default, unconfined, a type such as container_t, or USER:ROLE:TYPE:LEVEL"
                ),
            )),
        }
    }
}

/// How many categories a policy of containers has (c0 to c1023).
const CATEGORIES: u32 = 1024;

/// Two of the policy's categories, the lower first, that no other container has: what one may read,
/// another may not, though both have the same type (Multi-Category Security;
/// opencontainers/selinux: uniqMcs).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Categories(u16, u16);

impl Categories {
    /// How many different pairs there are.
    const PAIRS: u32 = CATEGORIES * (CATEGORIES - 1) / 2;

    /// The pair of number `n`, which counts round: (0, 1), (0, 2), (1, 2), (0, 3), and so on.
    fn of(n: u32) -> Self {
        let n = n % Self::PAIRS;
        // before the first pair whose higher is H there are as many pairs as H categories make
        let higher = u32::midpoint(1, (1 + 8 * n).isqrt());
        Self((n - higher * (higher - 1) / 2) as u16, higher as u16)
    }

    /// The first pair from `random` on that is none of `taken`; `None` when there is none left.
    #[must_use]
    pub fn free(random: u32, taken: &HashSet<Self>) -> Option<Self> {
        (0..Self::PAIRS.min(taken.len() as u32 + 1))
            .map(|n| Self::of(random.wrapping_add(n)))
            .find(|pair| !taken.contains(pair))
    }

    /// As a label ends in it: `c7,c513`.
    #[must_use]
    pub fn words(self) -> String {
        format!("c{},c{}", self.0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_a_label_or_refused() {
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
                    .contains("is no SELinux label"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn every_pair_is_two_categories_and_none_comes_twice() {
        let all: HashSet<(u16, u16)> = (0..Categories::PAIRS)
            .map(Categories::of)
            .map(|pair| (pair.0, pair.1))
            .collect();
        assert_eq!(all.len(), 523_776);
        assert!(all.iter().all(|(low, high)| low < high && *high < 1024));
        assert_eq!(Categories::of(Categories::PAIRS), Categories(0, 1));
    }

    #[test]
    fn a_pair_that_somebody_has_is_passed_over() {
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
