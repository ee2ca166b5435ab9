//! Facts in sections, as the Isolation pane and the Host tab show them.

use super::{Check, Model};
use crate::inspect::{Fact, Judgement, Section, Sheet};
use crate::tui::action::Action;
use crate::tui::keymap::Context;

/// One line of a sheet.
#[derive(Debug, Clone, Copy)]
pub enum SheetLine<'a> {
    /// The title of a section.
    Title(&'a str),
    /// A fact of it.
    Fact(&'a Fact),
    /// Nothing.
    Blank,
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

/// The lines of `sections`.
#[must_use]
pub fn sheet_lines(sections: &[Section]) -> Vec<SheetLine<'_>> {
    let mut lines = Vec::new();
    for section in sections {
        if !lines.is_empty() {
            lines.push(SheetLine::Blank);
        }
        lines.push(SheetLine::Title(&section.title));
        lines.extend(section.facts.iter().map(SheetLine::Fact));
    }
    lines
}
