//! [`LaunchForm`]: the state of the launch form, and the request made from it.

mod access;
mod choices;
mod command;
mod examine;
mod field;
mod layout;
mod lines;
mod table;

use std::collections::{BTreeMap, BTreeSet};

pub use command::{command_line, command_rows};
pub use examine::Problem;
pub use field::Field;
pub use layout::{FormLayout, FormRow, error_rows, form_area};
pub use table::{Kind, Section};

use super::{EffectId, LineEdit};
use crate::manager::Error;
use crate::record::Record;
use crate::spec::{ContainerRequest, Preset, SpecError};
use field::{all_texts, request_of};

/// A place in the form that can have the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    /// The heading of a section.
    Heading(Section),
    /// A line of a field.
    Entry(Field, usize),
    /// The command line.
    CommandLine,
}

/// The presets by name, in order.
type Presets = [(String, Preset)];

/// The state of the launch form.
#[derive(Debug, Clone, PartialEq)]
pub struct LaunchForm {
    /// The container that it began with.
    pub like: Option<String>,
    /// The preset.
    pub preset: Option<(String, Preset)>,
    /// The lines of every field except the preset. Those of a list end with an empty one.
    pub lines: BTreeMap<Field, Vec<LineEdit>>,
    /// What has the focus.
    pub focus: Spot,
    /// The sections that show only their heading.
    pub folded: BTreeSet<Section>,
    /// The fields that were left: what is wrong with them is shown.
    left: BTreeSet<Field>,
    /// What the engine refused, and the field that it is about.
    pub refused: Option<(Option<Field>, String)>,
    /// Everything that is wrong.
    problems: Vec<Problem>,
    /// The command line so far.
    pub command_line: String,
    /// The field whose text no command line can have in it.
    unsaid: Option<Field>,
    /// What the fields began with.
    began: BTreeMap<Field, Vec<String>>,
    /// Whether it was asked to throw away what was typed.
    pub leaving: bool,
    /// The letters typed to find a preset.
    pub sought: String,
    /// The launch under way.
    pub launching: Option<EffectId>,
    /// The progress of the launch.
    pub progress: Option<String>,
    /// The first row shown of each column of fields.
    pub first_rows: [usize; 2],
    /// The first row shown of the command line.
    pub command_row: usize,
}

impl LaunchForm {
    /// The form filled in from `preset`, with the cursor in the command.
    #[must_use]
    pub fn new(preset: Option<&(String, Preset)>) -> Self {
        Self::filled(preset, &request_of(preset))
    }

    /// The form filled in from `request`, for another container like the one called `like`.
    #[must_use]
    pub fn like(like: &str, request: &ContainerRequest, presets: &Presets) -> Self {
        let named = |(name, _): &&(String, Preset)| Some(name) == request.preset.as_ref();
        Self {
            like: Some(like.to_owned()),
            ..Self::filled(presets.iter().find(named), request)
        }
    }

    fn filled(preset: Option<&(String, Preset)>, request: &ContainerRequest) -> Self {
        let mut form = Self {
            like: None,
            preset: preset.cloned(),
            lines: BTreeMap::new(),
            focus: Spot::Entry(Field::COMMAND, 0),
            folded: Section::ALL[1..].iter().copied().collect(),
            left: BTreeSet::new(),
            refused: None,
            problems: Vec::new(),
            command_line: String::new(),
            unsaid: None,
            began: all_texts(request).into_iter().collect(),
            leaving: false,
            sought: String::new(),
            launching: None,
            progress: None,
            first_rows: [0; 2],
            command_row: 0,
        };
        for (field, texts) in all_texts(request) {
            form.set(field, texts);
        }
        form
    }

    fn set(&mut self, field: Field, mut texts: Vec<String>) {
        if field.kind() == Kind::List {
            texts.push(String::new());
        }
        if field != Field::PRESET {
            let lines = texts.into_iter().map(LineEdit::new).collect();
            self.lines.insert(field, lines);
        }
    }

    /// Chooses `preset`, which fills in the fields that were not touched.
    pub fn choose(&mut self, preset: Option<&(String, Preset)>) {
        let (old, new) = (request_of(self.preset.as_ref()), request_of(preset));
        for (field, texts) in all_texts(&old) {
            if self.texts(field) == texts {
                let texts = field.texts(&new);
                self.began.insert(field, texts.clone());
                self.set(field, texts);
            }
        }
        self.preset = preset.cloned();
        self.refused = None;
    }

    /// Chooses the next or previous preset; "no preset" is one of them.
    fn cycle_preset(&mut self, forward: bool, presets: &Presets) {
        let now = self
            .preset
            .as_ref()
            .and_then(|(chosen, _)| presets.iter().position(|(name, _)| name == chosen));
        let (now, choices) = (now.map_or(0, |at| at + 1), presets.len() + 1);
        let next = if forward { now + 1 } else { now + choices - 1 } % choices;
        self.choose(next.checked_sub(1).and_then(|at| presets.get(at)));
    }

    /// Chooses the first preset whose name begins with the letters typed so far and `letter`, else
    /// one that contains them. A letter without a match changes nothing.
    pub fn seek(&mut self, letter: char, presets: &Presets) {
        let sought = format!("{}{}", self.sought, letter.to_lowercase());
        let place = |fits: &dyn Fn(&str) -> bool| {
            presets.iter().find(|(name, _)| fits(&name.to_lowercase()))
        };
        let found = place(&|name| name.starts_with(&sought))
            .or_else(|| place(&|name| name.contains(&sought)));
        if found.is_some() {
            self.choose(found);
            self.sought = sought;
        }
    }

    /// The next or previous choice of the focused field.
    pub fn turn(&mut self, forward: bool, presets: &Presets) {
        let Spot::Entry(field, _) = self.focus else {
            return;
        };
        self.sought.clear();
        match field.kind() {
            Kind::Preset => self.cycle_preset(forward, presets),
            Kind::Choice(words) => {
                let now = words.iter().position(|word| *word == self.text(field));
                let count = words.len();
                let next = match now {
                    Some(now) => (if forward { now + 1 } else { now + count - 1 }) % count,
                    None => 0,
                };
                if let Some(word) = words.get(next) {
                    self.set(field, vec![(*word).to_owned()]);
                    self.edited(field);
                }
            }
            _ => {}
        }
    }

    /// Folds or unfolds `section`.
    pub fn fold(&mut self, section: Section) {
        if !self.folded.remove(&section) {
            self.folded.insert(section);
        }
    }

    /// Every place that can have the focus, in order.
    #[must_use]
    pub fn spots(&self) -> Vec<Spot> {
        let mut spots = Vec::new();
        for section in Section::ALL {
            spots.push(Spot::Heading(*section));
            if !self.folded.contains(section) {
                for field in section.fields() {
                    let lines = self.lines.get(&field).map_or(1, Vec::len);
                    spots.extend((0..lines).map(|line| Spot::Entry(field, line)));
                }
            }
        }
        spots.push(Spot::CommandLine);
        spots
    }

    /// Moves to the next place, or the previous one.
    pub fn step(&mut self, forward: bool) {
        let spots = self.spots();
        let now = spots.iter().position(|spot| *spot == self.focus);
        let count = spots.len();
        let step = if forward { 1 } else { count - 1 };
        let next = now.map_or(0, |now| (now + step) % count);
        if let Some(spot) = spots.get(next) {
            self.focus_on(*spot);
        }
    }

    /// Moves to the heading of the next section, or to that of this or the previous one.
    pub fn step_section(&mut self, forward: bool) {
        let spots = self.spots();
        let now = spots.iter().position(|spot| *spot == self.focus);
        let now = now.unwrap_or(0);
        let stop = |spot: &&Spot| matches!(spot, Spot::Heading(_) | Spot::CommandLine);
        let found = if forward {
            spots.iter().skip(now + 1).find(stop)
        } else {
            spots.iter().take(now).rev().find(stop)
        };
        if let Some(spot) = found {
            self.focus_on(*spot);
        }
    }

    /// Gives `spot` the focus. What is wrong with the field that had it is shown from now on; an
    /// empty line of a list goes.
    pub fn focus_on(&mut self, mut spot: Spot) {
        if let Spot::Entry(field, line) = self.focus
            && spot != self.focus
        {
            self.left.insert(field);
            if let Spot::Entry(other, to) = &mut spot
                && self.close_gap(field, line)
                && *other == field
                && *to > line
            {
                *to -= 1;
            }
        }
        if let Spot::Entry(field, _) = spot {
            self.folded.remove(&field.section());
        }
        self.focus = spot;
        self.sought.clear();
    }

    /// Whether letters are typed where the focus is.
    #[must_use]
    pub fn is_typing(&self) -> bool {
        match self.focus {
            Spot::Entry(field, _) => !matches!(field.kind(), Kind::Choice(_)),
            Spot::Heading(_) | Spot::CommandLine => false,
        }
    }

    fn edited(&mut self, field: Field) {
        self.left.remove(&field);
        self.refused = None;
    }

    /// The request: the fields of the form over the preset.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the fields.
    pub fn request(&self, records: &[Record]) -> Result<ContainerRequest, Vec<Problem>> {
        let (request, problems) = examine::examine(self, records);
        if problems.is_empty() {
            Ok(request)
        } else {
            Err(problems)
        }
    }

    /// Whether something was typed, or chosen other than a preset.
    #[must_use]
    pub fn is_touched(&self) -> bool {
        let differs = |(field, texts): (&Field, &Vec<String>)| {
            *field != Field::PRESET && self.texts(*field) != *texts
        };
        self.began.iter().any(differs)
    }

    /// The first field with something wrong, shown or not.
    #[must_use]
    pub fn first_wrong(&self) -> Option<Field> {
        self.problems.first().map(|problem| problem.field)
    }

    /// Whether anything is wrong, shown or not.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        !self.problems.is_empty()
    }

    /// What is shown to be wrong with line `line` of `field`.
    #[must_use]
    pub fn error(&self, field: Field, line: usize) -> Option<&str> {
        if let Some((Some(refused), reason)) = &self.refused
            && *refused == field
            && line == 0
        {
            return Some(reason);
        }
        let shown = self.left.contains(&field);
        let mut problems = self.problems.iter().filter(|_| shown);
        let found = problems.find(|problem| problem.field == field && problem.line == line);
        found.map(|problem| problem.reason.as_str())
    }

    /// How many fields of `section` are shown to be wrong.
    #[must_use]
    pub fn errors_in(&self, section: Section) -> usize {
        let wrong = |field: &Field| {
            let lines = self.lines.get(field).map_or(1, Vec::len);
            (0..lines).any(|line| self.error(*field, line).is_some())
        };
        section.fields().filter(wrong).count()
    }

    /// Shows everything that is wrong, and moves to the first of it.
    pub fn show_problems(&mut self, problems: Vec<Problem>) {
        self.left = problems.iter().map(|problem| problem.field).collect();
        if let Some(first) = problems.first() {
            self.focus_on(Spot::Entry(first.field, first.line));
        }
        self.problems = problems;
    }

    /// Shows the engine's error at its field and moves the cursor there.
    pub fn show_error(&mut self, error: &Error) {
        let (field, reason) = match error {
            Error::Spec(SpecError { field, reason }) => (Field::named(field), reason.clone()),
            Error::NameInUse(_) => (Some(Field::NAME), error.to_string()),
            _ => (None, error.to_string()),
        };
        let reason = if field.is_some() {
            reason
        } else {
            error.to_string()
        };
        if let Some(field) = field {
            self.focus_on(Spot::Entry(field, 0));
        }
        self.refused = Some((field, reason));
    }

    /// What is set in `section`, in one line; empty when nothing is.
    #[must_use]
    pub fn summary(&self, section: Section) -> String {
        let nothing = ContainerRequest::default();
        let set = section.fields().filter_map(|field| {
            let texts = self.texts(field);
            let is_set = field != Field::PRESET
                && texts != field.texts(&nothing)
                && !(field.kind() == Kind::List && texts.is_empty());
            is_set.then(|| match field.kind() {
                Kind::Choice(["no", "yes"]) => field.word(),
                _ => format!("{} {}", field.word(), texts.join(", ")),
            })
        });
        set.collect::<Vec<_>>().join("; ")
    }
}
