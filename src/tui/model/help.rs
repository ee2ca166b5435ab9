//! The lines of help: every key of the keymap, first those of what has the focus.

use super::Model;
use crate::tui::action::Action;
use crate::tui::keymap::Context;

/// A line of help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HelpLine {
    /// A context.
    Heading(&'static str),
    /// The keys of an action.
    Keys(String, Action),
    /// Nothing.
    Blank,
}

impl Model {
    /// The lines of help.
    #[must_use]
    pub fn help_lines(&self) -> Vec<HelpLine> {
        let mut first = self.contexts_below();
        first.push(Context::Everywhere);
        let rest = Context::ALL
            .iter()
            .copied()
            .filter(|context| !first.contains(context));
        let mut lines = Vec::new();
        for context in first.iter().copied().chain(rest) {
            if !lines.is_empty() {
                lines.push(HelpLine::Blank);
            }
            lines.push(HelpLine::Heading(context.title()));
            for (action, chords) in self.settings.keymap.listed(context) {
                let keys: Vec<_> = chords.iter().map(ToString::to_string).collect();
                lines.push(HelpLine::Keys(keys.join(" "), action));
            }
        }
        lines
    }
}
