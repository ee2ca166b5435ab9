//! [`Palette`]: every action of every view, found by a few letters of its name or its help.

use super::{LineEdit, Model};
use crate::tui::action::Action;

/// The palette.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Palette {
    /// The text.
    pub line: LineEdit,
    /// The chosen row.
    pub row: usize,
    /// The matching actions, best first.
    pub found: Vec<Action>,
}

impl Palette {
    /// The chosen action.
    #[must_use]
    pub fn chosen(&self) -> Option<Action> {
        self.found.get(self.row).copied()
    }

    /// Searches for the typed text and selects the best match. Of equal matches the available
    /// actions come first; a better match that is not available stays before them, so that Enter
    /// never does something else.
    pub fn search(&mut self, model: &Model) {
        let wanted = self.line.text();
        let in_help = |action: Action| {
            action
                .help()
                .to_lowercase()
                .contains(&wanted.trim().to_lowercase())
        };
        let scored = |action: Action| {
            let name = score(wanted, action.label()).max(score(wanted, action.id()));
            // a match in the name scores higher than one in the help
            let score = name
                .map(|points| points + 1_000)
                .or(in_help(action).then_some(0));
            score.map(|score| (score, action))
        };
        let offered = Action::ALL
            .iter()
            .copied()
            .filter(|action| !action.is_motion() && *action != Action::Palette);
        let mut found: Vec<_> = offered.filter_map(scored).collect();
        found.sort_by_key(|(score, action)| {
            let refused = model.refusal_by_name(*action).is_some();
            (std::cmp::Reverse(*score), refused, *action)
        });
        self.found = found.into_iter().map(|(_, action)| action).collect();
        self.row = 0;
    }
}

/// How well `wanted` matches `text`: its letters in order, best at the beginnings of words and
/// adjacent; `None` if one is missing. Case and spaces are ignored.
#[must_use]
pub(super) fn score(wanted: &str, text: &str) -> Option<i32> {
    let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    let (mut score, mut at, mut last) = (0, 0, None);
    for letter in wanted
        .chars()
        .flat_map(char::to_lowercase)
        .filter(|c| !c.is_whitespace())
    {
        let begins = |i: usize| i == 0 || !text[i - 1].is_alphanumeric();
        let next = (at..text.len()).find(|i| text[*i] == letter)?;
        // prefer the beginning of a word to a letter inside one, unless that follows the previous
        // match
        let follows = last.is_some_and(|last: usize| next == last + 1);
        let place = if follows {
            next
        } else {
            (at..text.len())
                .find(|i| text[*i] == letter && begins(*i))
                .unwrap_or(next)
        };
        score += match (follows, begins(place)) {
            (true, _) => 8,
            (false, true) => 6,
            (false, false) => 0,
        };
        score -= i32::try_from(place - at).unwrap_or(i32::MAX).min(3);
        (at, last) = (place + 1, Some(place));
    }
    Some(score)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjacent_letters_match_better() {
        assert!(score("sm", "Sort memory") > score("sm", "assume"));
        assert!(score("stop", "Stop") > score("stop", "sort by the next column"));
        assert_eq!(score("xyz", "Stop"), None);
        assert_eq!(score("", "Stop"), Some(0));
        assert!(score("STO", "stop").is_some() && score("s o", "sort").is_some());
        assert!(score("é", "stop").is_none());
    }
}
