//! [`Question`]: what is asked before something is done to several containers, or before what
//! cannot be taken back.

use std::collections::BTreeSet;

use super::{Model, Overlay};
use crate::record::{Record, Status};
use crate::spec::ContainerId;
use crate::tui::action::Action;

/// What an action needs beside its containers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum QuestionArgument {
    /// Nothing.
    #[default]
    None,
    /// This changed file.
    File(String),
    /// This signal.
    Signal(i32),
    /// Nothing, but [`Action::Pause`] lets frozen containers go on.
    Resume,
}

/// A question; yes performs `action` on `targets`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The action to confirm.
    pub action: Action,
    /// Its containers; empty if it is about none. Those to which it cannot be done (any more) are
    /// left out when it is confirmed.
    pub targets: Vec<ContainerId>,
    /// What else it needs.
    pub argument: QuestionArgument,
}

impl Question {
    /// The container, if it is about one.
    #[must_use]
    pub fn only(&self) -> Option<&ContainerId> {
        self.targets.first().filter(|_| self.targets.len() == 1)
    }
}

/// Containers, divided by whether something can be done to them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Able<'a> {
    /// Those to which it can be done.
    pub records: Vec<&'a Record>,
    /// Why not, of each of the others.
    pub reasons: Vec<String>,
    /// Whether they are those of the selected group.
    pub of_group: bool,
}

impl Able<'_> {
    /// How many cannot, with the first reason; `None` if all can.
    #[must_use]
    pub fn left_out(&self) -> Option<String> {
        let first = self.reasons.first()?;
        let (count, all) = (self.reasons.len(), self.records.len() + self.reasons.len());
        Some(match all {
            1 => first.clone(),
            _ if self.of_group => format!("not {count} of the {all} of the group: {first}"),
            _ => format!("not {count} of the {all}: {first}"),
        })
    }
}

impl Model {
    /// Divides `targets` by whether `action` can be done to them now.
    #[must_use]
    pub fn able<'a>(
        &'a self,
        action: Action,
        argument: &QuestionArgument,
        targets: &[ContainerId],
    ) -> Able<'a> {
        let mut able = Able {
            of_group: self.are_of_group(targets),
            ..Able::default()
        };
        for id in targets {
            let Some(record) = self.record(id) else {
                able.reasons.push(format!("{id} is gone"));
                continue;
            };
            match self.reason_against(action, argument, record) {
                Some(reason) => able.reasons.push(reason),
                None => able.records.push(record),
            }
        }
        able
    }

    fn are_of_group(&self, targets: &[ContainerId]) -> bool {
        let of_group = self.list.marks.is_empty() && self.list.group.is_some();
        let members = self.chosen();
        let members: BTreeSet<&ContainerId> =
            members.iter().map(|record| &record.spec.id).collect();
        of_group && targets.iter().all(|target| members.contains(target))
    }

    fn reason_against(
        &self,
        action: Action,
        argument: &QuestionArgument,
        record: &Record,
    ) -> Option<String> {
        if let Some(reason) = self.objection(action, record) {
            return Some(reason);
        }
        let (name, status) = (record.spec.name.as_str(), &record.state.status);
        let is_already = || Some(format!("{name} is {} already", status.word()));
        match (action, argument, status) {
            (Action::Pause, QuestionArgument::Resume, Status::Running { .. }) => is_already(),
            (Action::Pause, QuestionArgument::None, Status::Paused { .. }) => is_already(),
            (Action::Signal | Action::LimitDown, ..) if !status.is_alive() => {
                Some(format!("{name} is {}", status.word()))
            }
            _ => None,
        }
    }

    /// Asks for confirmation of `action` on `targets`.
    pub fn ask(&mut self, action: Action, targets: Vec<ContainerId>, argument: QuestionArgument) {
        self.overlay = Some(Overlay::Confirm(Question {
            action,
            targets,
            argument,
        }));
    }
}
