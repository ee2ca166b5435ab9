//! [`Help`]: every key of the keymap. First those of what has the focus, then those that work here,
//! by what one wants to do, then all others by where they work.

use super::{LineEdit, Model, Overlay};
use crate::tui::action::{Action, Topic};
use crate::tui::keymap::Context;
use crate::tui::text;

/// From this width on there are two columns.
const TWO_COLUMNS: u16 = 116;
/// The most columns of text in one of them.
const MAX_WIDTH: usize = 74;
/// Between the two.
const GAP: usize = 2;
/// Columns for the keys of an action, in a wide and a narrow column of text.
const KEYS: [usize; 2] = [22, 15];
/// Columns before the keys.
const INDENT: usize = 2;

/// Help on the screen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Help {
    /// Rows scrolled down.
    pub offset: usize,
    /// What is searched for.
    pub line: LineEdit,
    /// Whether that is being typed.
    pub typing: bool,
    /// The form that it was asked for in, and that comes back.
    pub over: Option<Box<Overlay>>,
}

/// Keys that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpSection {
    /// What they are about.
    pub title: &'static str,
    /// The keys of each action, and the other sections that have the same.
    pub entries: Vec<(String, Action, Vec<&'static str>)>,
}

/// A line of help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HelpLine {
    /// The title of a section.
    Heading(&'static str),
    /// The keys of an action and what it does, or the rest of that.
    Keys(String, String, Action),
    /// Nothing.
    Blank,
}

/// How help is laid out on a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HelpLayout {
    /// How many columns of text there are: one or two.
    pub columns: usize,
    /// The width of one.
    pub width: usize,
    /// The width of the keys in it, with what is before them.
    pub keys: usize,
}

impl HelpLayout {
    /// The layout on a screen `width` wide.
    #[must_use]
    pub fn of(width: u16) -> Self {
        let columns = if width >= TWO_COLUMNS { 2 } else { 1 };
        // the box, and a cell on both sides of it
        let inside = usize::from(width).saturating_sub(6 + (columns - 1) * GAP);
        let width = (inside / columns).min(MAX_WIDTH);
        let keys = INDENT + KEYS[usize::from(width < MAX_WIDTH)];
        Self {
            columns,
            width,
            keys,
        }
    }

    /// Where the column of text `at` begins.
    #[must_use]
    pub fn start(&self, at: usize) -> usize {
        at * (self.width + GAP)
    }

    /// The width of all of it.
    #[must_use]
    pub fn total(&self) -> usize {
        self.start(self.columns - 1) + self.width
    }

    fn lines(&self, section: &HelpSection) -> Vec<HelpLine> {
        let mut lines = vec![HelpLine::Heading(section.title)];
        for (keys, action, others) in &section.entries {
            let room = self.width.saturating_sub(self.keys + 1);
            let mut keys = keys.clone();
            // keys that are too long stand alone
            if text::width(&keys) > self.keys - INDENT {
                let alone = std::mem::take(&mut keys);
                lines.push(HelpLine::Keys(alone, String::new(), *action));
            }
            let also = if others.is_empty() {
                String::new()
            } else {
                format!("; also: {}", others.join(", "))
            };
            let said = format!("{}{also}", action.help());
            for row in text::wrap_words(&said, room, usize::MAX, '…') {
                lines.push(HelpLine::Keys(std::mem::take(&mut keys), row, *action));
            }
        }
        lines.push(HelpLine::Blank);
        lines
    }

    /// `sections` beside each other, so that the longer column is as short as it can be.
    fn rows(&self, sections: &[HelpSection]) -> Vec<[Option<HelpLine>; 2]> {
        let blocks: Vec<_> = sections.iter().map(|section| self.lines(section)).collect();
        let height = |blocks: &[Vec<HelpLine>]| blocks.iter().map(Vec::len).sum::<usize>();
        let split = (0..=blocks.len())
            .min_by_key(|at| height(&blocks[..*at]).max(height(&blocks[*at..])))
            .filter(|_| self.columns == 2)
            .unwrap_or(blocks.len());
        let (left, right) = blocks.split_at(split);
        let mut left = left.iter().flatten().cloned();
        let mut right = right.iter().flatten().cloned();
        let mut rows = Vec::new();
        loop {
            match [left.next(), right.next()] {
                [None, None] => return rows,
                row => rows.push(row),
            }
        }
    }
}

impl Model {
    /// The sections of help: those of what works now, and all others.
    #[must_use]
    pub fn help_sections(&self, help: &Help) -> [Vec<HelpSection>; 2] {
        let active = match help.over.as_deref() {
            Some(Overlay::Form(_)) => vec![Context::Form, Context::Place, Context::Edit],
            Some(_) => vec![Context::Form, Context::Edit],
            None => self.contexts_below(),
        };
        // these have so many keys that they are told by topic
        let broad = [Context::Containers, Context::Global, Context::Everywhere];
        let is_own = |context: &Context| !broad.contains(context);
        let mut here: Vec<_> = active
            .iter()
            .copied()
            .filter(is_own)
            .map(|context| self.section(context.title(), &[context], |_| true))
            .collect();
        let topics: Vec<Context> = broad
            .into_iter()
            .filter(|context| active.contains(context) || *context == Context::Everywhere)
            .collect();
        here.extend(
            Topic::ALL.iter().map(|topic| {
                self.section(topic.title(), &topics, |action| action.topic() == *topic)
            }),
        );
        let rest = Context::ALL
            .iter()
            .copied()
            .filter(|context| !active.contains(context) && !topics.contains(context))
            .map(|context| self.section(context.title(), &[context], |_| true))
            .collect();
        [here, rest]
    }

    /// The actions of `contexts` that are such, in the order of [`Action::ALL`].
    fn section(
        &self,
        title: &'static str,
        contexts: &[Context],
        is_such: impl Fn(Action) -> bool,
    ) -> HelpSection {
        let keys = |action: Action| {
            let keys = contexts
                .iter()
                .flat_map(|context| self.settings.keymap.keys_of(*context, action))
                .map(ToString::to_string);
            (keys.collect::<Vec<_>>().join(" "), action, Vec::new())
        };
        let entries = Action::ALL
            .iter()
            .copied()
            .filter(|action| is_such(*action))
            .map(keys)
            .filter(|(keys, ..)| !keys.is_empty())
            .collect();
        HelpSection { title, entries }
    }

    /// The rows of help: what is searched for, in as many columns as there is room for.
    #[must_use]
    pub fn help_rows(&self, help: &Help) -> Vec<[Option<HelpLine>; 2]> {
        let layout = HelpLayout::of(self.size.width);
        let words: Vec<String> = help
            .line
            .text()
            .to_lowercase()
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        let matches = |(keys, action, _): &(String, Action, Vec<&str>)| {
            let text = [keys, action.label(), action.id(), action.help()]
                .join("\n")
                .to_lowercase();
            words.iter().all(|word| text.contains(word.as_str()))
        };
        let mut parts = self.help_sections(help);
        for section in parts.iter_mut().flatten() {
            section.entries.retain(matches);
        }
        if !words.is_empty() {
            told_once(parts.iter_mut().flatten());
        }
        let mut rows = Vec::new();
        for mut sections in parts {
            sections.retain(|section| !section.entries.is_empty());
            rows.extend(layout.rows(&sections));
        }
        // the last section needs no gap below it
        while rows
            .last()
            .is_some_and(|row| row.iter().flatten().all(|line| *line == HelpLine::Blank))
        {
            rows.pop();
        }
        rows
    }
}

/// Leaves what several sections have in the first, which names the others.
fn told_once<'a>(sections: impl Iterator<Item = &'a mut HelpSection>) {
    let mut sections: Vec<_> = sections.collect();
    for at in 0..sections.len() {
        let (first, later) = sections.split_at_mut(at + 1);
        for (keys, action, others) in first
            .iter_mut()
            .rev()
            .take(1)
            .flat_map(|it| &mut it.entries)
        {
            for section in &mut *later {
                let count = section.entries.len();
                let same =
                    |(other, of, _): &(String, Action, Vec<_>)| other == keys && of == action;
                section.entries.retain(|entry| !same(entry));
                if section.entries.len() < count {
                    others.push(section.title);
                }
            }
        }
    }
}
