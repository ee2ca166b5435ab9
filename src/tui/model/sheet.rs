//! Facts in sections, as the Isolation pane and the Host tab show them.

use super::{Check, Model};
use crate::inspect::{Fact, Judgement, Section, Sheet};
use crate::tui::action::Action;
use crate::tui::keymap::Context;
use crate::tui::sanitise::printable;
use crate::tui::text;

/// Columns of the rating.
pub const RATING: usize = 5;
/// The most columns for the name of a fact, in a wide and a narrow screen.
const WHAT: [usize; 2] = [28, 14];
/// The fewest columns of a value beside its effect.
const MIN_VALUE: usize = 12;

/// One line of a sheet.
#[derive(Debug, Clone)]
pub enum SheetLine<'a> {
    /// The title of a section.
    Title(&'a str),
    /// A fact of it, with as much of its value as the line holds, sanitised.
    Fact(&'a Fact, String),
    /// More of the value above.
    More(String),
    /// Nothing.
    Blank,
}

/// The columns of a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SheetColumns {
    /// For the name of a fact.
    pub what: usize,
    /// For its value, where an effect follows.
    pub value: usize,
    /// For both value and effect.
    pub room: usize,
}

impl SheetColumns {
    /// For `sections` on a screen of `width`.
    #[must_use]
    pub fn of(sections: &[Section], width: u16) -> Self {
        let what = WHAT[usize::from(width < 100)];
        let room = usize::from(width).saturating_sub(RATING + what + 6);
        // the values are as wide as the widest, and leave room for the explanation
        let facts = sections.iter().flat_map(|section| &section.facts);
        let widest = facts.map(|fact| text::width(&printable(&fact.value))).max();
        Self {
            what,
            value: widest.unwrap_or(0).min(room / 2).max(MIN_VALUE),
            room,
        }
    }

    /// The columns for the value of `fact`: all that its effect leaves.
    fn for_value(self, fact: &Fact) -> usize {
        if fact.effect.is_empty() {
            return self.room;
        }
        let effect = text::width(&printable(&fact.effect)) + 2;
        self.room.saturating_sub(effect).max(self.value)
    }
}

impl Model {
    /// The sections about how the selected container is held apart.
    #[must_use]
    pub fn isolation_sections(&self) -> Vec<Section> {
        let view = &self.looks.isolation;
        if view.of == self.list.selected {
            sections(&view.sheet)
        } else {
            Vec::new()
        }
    }

    /// The sections about the host.
    #[must_use]
    pub fn host_sections(&self) -> Vec<Section> {
        let mut all = sections(&self.looks.host.sheet);
        if let Some(host) = &self.host {
            let core = |(at, share): (usize, &f32)| {
                Fact::plain(format!("core {at}"), format!("{:.1}% busy", share * 100.0))
            };
            all.insert(
                all.len().min(1),
                Section::new("Cores", host.cores.iter().enumerate().map(core).collect()),
            );
        }
        match &self.looks.check {
            Check::Done(found) => all.extend(sections(&Some(found.clone()))),
            check => {
                all.extend(sections(&self.looks.facts));
                all.push(Section::new(
                    "Check",
                    vec![Fact::plain("", self.about_check(check))],
                ));
            }
        }
        all
    }

    /// How to run the check, or its progress.
    fn about_check(&self, check: &Check) -> String {
        let key = self
            .settings
            .keymap
            .shown_key(&[Context::Host], Action::RunCheck);
        match (check, key) {
            (Check::Running, _) => "trying out what this host can do …".into(),
            (_, Some(key)) if !self.settings.read_only => {
                format!("{key} tries out the rest, with four containers (12 s)")
            }
            _ => "the rest is tried out by: minic-tui check".into(),
        }
    }
}

/// The sections of an answer; those of an error name it.
fn sections(sheet: &Option<Result<Sheet, String>>) -> Vec<Section> {
    match sheet {
        Some(Ok(sheet)) => sheet.sections.clone(),
        Some(Err(error)) => vec![Section::new(
            "n/a",
            vec![Fact::judged("", error.clone(), Judgement::Weak, "")],
        )],
        None => Vec::new(),
    }
}

/// The lines of `sections` in these columns; a value that is longer goes on in the next line.
#[must_use]
pub fn sheet_lines(sections: &[Section], columns: SheetColumns) -> Vec<SheetLine<'_>> {
    let mut lines = Vec::new();
    for section in sections {
        if !lines.is_empty() {
            lines.push(SheetLine::Blank);
        }
        lines.push(SheetLine::Title(&section.title));
        for fact in &section.facts {
            let value = printable(&fact.value);
            let rows = text::wrap_words(&value, columns.for_value(fact), usize::MAX, ' ');
            let mut parts = rows.into_iter();
            lines.push(SheetLine::Fact(fact, parts.next().unwrap_or_default()));
            lines.extend(parts.map(SheetLine::More));
        }
    }
    lines
}
