//! The lines of the launch form's fields: typed into, pasted into, added to a list and removed.

use super::{Field, Kind, LaunchForm, Spot};
use crate::tui::model::LineEdit;

impl LaunchForm {
    /// Removes an empty line of a list, except the last; returns whether it was one.
    pub(super) fn close_gap(&mut self, field: Field, line: usize) -> bool {
        let Some(lines) = self.lines.get_mut(&field) else {
            return false;
        };
        let is_empty = lines
            .get(line)
            .is_some_and(|at| at.text().trim().is_empty());
        let is_gap = field.kind() == Kind::List && line + 1 < lines.len() && is_empty;
        if is_gap {
            lines.remove(line);
        }
        is_gap
    }

    /// Removes the focused line of a list.
    pub fn remove_line(&mut self) {
        let Spot::Entry(field, line) = self.focus else {
            return;
        };
        if field.kind() != Kind::List || self.launching.is_some() {
            return;
        }
        if let Some(lines) = self.lines.get_mut(&field) {
            if line + 1 < lines.len() {
                lines.remove(line);
            }
            self.edited(field);
        }
    }

    /// In a list: from a line with text to the next one, which is made if it is not empty; from an
    /// empty one to the next field.
    pub fn next_line(&mut self) {
        let Spot::Entry(field, at) = self.focus else {
            return;
        };
        let is_empty = |line: Option<&LineEdit>| line.is_none_or(|it| it.text().trim().is_empty());
        let lines = self.lines.entry(field).or_default();
        if is_empty(lines.get(at)) {
            return self.step(true);
        }
        if !lines.get(at + 1).is_some_and(|next| is_empty(Some(next))) {
            lines.insert(at + 1, LineEdit::default());
        }
        self.focus_on(Spot::Entry(field, at + 1));
    }

    /// The line that is typed into.
    #[must_use]
    pub fn focused_line(&self) -> Option<&LineEdit> {
        match self.focus {
            Spot::Entry(field, line) => self.lines.get(&field)?.get(line),
            Spot::Heading(_) | Spot::CommandLine => None,
        }
    }

    /// The texts of `field`, without empty lines of a list.
    #[must_use]
    pub fn texts(&self, field: Field) -> Vec<String> {
        let lines = self.lines.get(&field).map_or(&[][..], Vec::as_slice);
        let texts = lines.iter().map(|line| line.text().to_owned());
        if field.kind() == Kind::List {
            texts.filter(|text| !text.trim().is_empty()).collect()
        } else {
            texts.collect()
        }
    }

    /// The first text of `field`, trimmed.
    #[must_use]
    pub fn text(&self, field: Field) -> &str {
        let line = self.lines.get(&field).and_then(|lines| lines.first());
        line.map_or("", |line| line.text().trim())
    }

    /// Applies `change` to the focused line.
    pub fn edit(&mut self, change: impl FnOnce(&mut LineEdit)) {
        let Spot::Entry(field, at) = self.focus else {
            return;
        };
        if self.launching.is_some() || !self.is_typing() {
            return;
        }
        let Some(lines) = self.lines.get_mut(&field) else {
            return;
        };
        let Some(line) = lines.get_mut(at) else {
            return;
        };
        let before = line.text().to_owned();
        change(line);
        let changed = line.text() != before;
        let last_filled = lines.last().is_some_and(|line| !line.text().is_empty());
        if field.kind() == Kind::List && last_filled {
            lines.push(LineEdit::default());
        }
        if changed {
            self.edited(field);
        }
    }

    /// Pastes at the cursor; into a list, a line each.
    pub fn paste(&mut self, text: &str) {
        let Spot::Entry(field, at) = self.focus else {
            return;
        };
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let is_entry = |line: &&str| {
            let line = line.trim();
            // as in a file of variables
            !(line.is_empty() || field == Field::ENV && line.starts_with('#'))
        };
        let entries: Vec<&str> = text.lines().filter(is_entry).collect();
        if field.kind() != Kind::List || entries.len() < 2 {
            return self.edit(|line| line.paste(&text));
        }
        for (more, entry) in entries.iter().enumerate() {
            if more > 0
                && let Some(lines) = self.lines.get_mut(&field)
            {
                lines.insert(at + more, LineEdit::default());
                self.focus = Spot::Entry(field, at + more);
            }
            self.edit(|line| line.paste(entry.trim()));
        }
    }
}
