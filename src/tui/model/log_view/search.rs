//! [`LogSearch`]: a search in the log and its matches. Each line is scanned once, as it arrives.

use std::collections::VecDeque;
use std::ops::Range;

/// The searched text. ASCII case is ignored unless it contains a capital letter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogSearch {
    pattern: String,
    exact: bool,
    /// The current match.
    pub current: Option<u64>,
    /// The lines with a match, in order.
    found: VecDeque<u64>,
    /// Lines below this number have been scanned.
    next: u64,
}

impl LogSearch {
    /// A search for `pattern` that has scanned nothing yet.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        let exact = pattern.chars().any(char::is_uppercase);
        let pattern = if exact {
            pattern.to_owned()
        } else {
            pattern.to_ascii_lowercase()
        };
        Self {
            pattern,
            exact,
            ..Self::default()
        }
    }

    /// Whether the pattern is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pattern.is_empty()
    }

    /// The search.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// The first line not scanned yet.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Scans the next line.
    pub fn scan(&mut self, text: &str) {
        if self.find(text, 0).is_some() {
            self.found.push_back(self.next);
        }
        self.next += 1;
    }

    /// Forgets lines before `first`.
    pub fn forget_before(&mut self, first: u64) {
        while self.found.front().is_some_and(|line| *line < first) {
            self.found.pop_front();
        }
        self.next = self.next.max(first);
        self.current = self.current.filter(|line| *line >= first);
    }

    /// Forgets lines from `line` on, to scan them again.
    pub fn forget_from(&mut self, line: u64) {
        let kept = self.found.partition_point(|found| *found < line);
        self.found.truncate(kept);
        self.next = self.next.min(line);
    }

    /// How many lines before `end` match.
    #[must_use]
    pub fn count(&self, end: u64) -> usize {
        self.found.partition_point(|line| *line < end)
    }

    /// The rank of the current match, from 1.
    #[must_use]
    pub fn rank(&self) -> Option<usize> {
        self.found
            .binary_search(&self.current?)
            .ok()
            .map(|at| at + 1)
    }

    /// The matching line at or after `line`, before `end`; wraps around.
    #[must_use]
    pub fn at_or_after(&self, line: u64, end: u64) -> Option<u64> {
        let at = self.found.partition_point(|found| *found < line);
        let first = self.found.front();
        self.found
            .get(at)
            .filter(|found| **found < end)
            .or(first)
            .copied()
            .filter(|found| *found < end)
    }

    /// The matching line before `line`; wraps around to the last before `end`.
    #[must_use]
    pub fn before(&self, line: u64, end: u64) -> Option<u64> {
        let at = self.found.partition_point(|found| *found < line.min(end));
        let last = self.count(end);
        at.checked_sub(1)
            .or(last.checked_sub(1))
            .and_then(|at| self.found.get(at))
            .copied()
    }

    /// The first match in `text` from this byte on.
    #[must_use]
    pub fn find(&self, text: &str, from: usize) -> Option<Range<usize>> {
        let wanted = self.pattern.as_bytes();
        let begins = *wanted.first()?;
        let text = text.as_bytes();
        let mut at = from;
        while at + wanted.len() <= text.len() {
            let room = &text[at..=text.len() - wanted.len()];
            at += match self.exact {
                true => room.iter().position(|byte| *byte == begins)?,
                false => room
                    .iter()
                    .position(|byte| byte.to_ascii_lowercase() == begins)?,
            };
            let here = &text[at..at + wanted.len()];
            if here == wanted || (!self.exact && here.eq_ignore_ascii_case(wanted)) {
                return Some(at..at + wanted.len());
            }
            at += 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capital_makes_the_search_case_sensitive() {
        assert_eq!(LogSearch::new("err").find("an ERROR", 0), Some(3..6));
        assert_eq!(
            LogSearch::new("Err").find("an ERROR, an Error", 0),
            Some(13..16)
        );
        assert_eq!(LogSearch::new("größe").find("die GRößE", 0), Some(4..11));
        assert_eq!(LogSearch::new("aa").find("aaa", 1), Some(1..3));
        assert_eq!(LogSearch::new("").find("x", 0), None);
        assert_eq!(LogSearch::new("long").find("lon", 0), None);
    }

    #[test]
    fn matches_wrap_around() {
        let mut search = LogSearch::new("x");
        for text in ["x", "", "x", "", "x"] {
            search.scan(text);
        }
        assert_eq!((search.count(5), search.count(4)), (3, 2));
        assert_eq!(
            (
                search.at_or_after(1, 5),
                search.at_or_after(3, 4),
                search.at_or_after(5, 5)
            ),
            (Some(2), Some(0), Some(0))
        );
        assert_eq!(
            (
                search.before(4, 5),
                search.before(0, 5),
                search.before(0, 4)
            ),
            (Some(2), Some(4), Some(2))
        );
        search.forget_before(1);
        search.forget_from(3);
        assert_eq!((search.count(5), search.next()), (1, 3));
        search.forget_from(0);
        assert_eq!(
            (search.before(9, 9), search.at_or_after(0, 9)),
            (None, None)
        );
    }
}
