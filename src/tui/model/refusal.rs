//! Why an action is not available now. The bottom line, the palette and `update` all use this.

use super::{Check, Model, Overlay, Pane, Reversal, ShellState};
use crate::record::{Record, Status};
use crate::spec::ContainerId;
use crate::tui::action::{Action, Needs};

/// The refusal of a read-only screen.
const READ_ONLY: &str = "this screen is read-only";
const NO_CONTAINER: &str = "no container is selected";
const A_GROUP: &str = "a group is selected: choose one container of it";

impl Model {
    /// Why `action` is not available now; `None` if it is.
    #[must_use]
    pub fn refusal(&self, action: Action) -> Option<String> {
        if self.settings.read_only && action.changes_something() {
            return Some(READ_ONLY.into());
        }
        self.lacks(action).or_else(|| self.cannot(action))
    }

    /// The same for an action found in the palette, which may belong to another view.
    #[must_use]
    pub fn refusal_by_name(&self, action: Action) -> Option<String> {
        let contexts = self.contexts_below();
        let here = action.contexts().iter().any(|one| contexts.contains(one));
        let elsewhere = || {
            let places: Vec<_> = action
                .contexts()
                .iter()
                .filter_map(|context| context.location())
                .collect();
            format!("only {}", places.join(" or "))
        };
        let read_only = self.settings.read_only && action.changes_something();
        if here || read_only || action.is_motion() {
            self.refusal(action)
        } else {
            Some(elsewhere())
        }
    }

    /// The container that a key acts on: the one on the card, else the selected one.
    fn subject(&self) -> Option<&Record> {
        let on_card = match &self.overlay {
            Some(Overlay::Card(card)) => card.id().and_then(|id| self.record(id)),
            _ => None,
        };
        on_card.or(self.selected())
    }

    /// The requirement of `action` that is not met.
    fn lacks(&self, action: Action) -> Option<String> {
        let subject = self.subject();
        let targets = match subject {
            Some(record) if self.list.marks.is_empty() => vec![record],
            _ => self.targets(),
        };
        let of_group = self.list.marks.is_empty() && subject.is_none();
        let of = if of_group { " of the group" } else { "" };
        match action.needs() {
            // in the Processes pane the signal goes to the selected process
            Needs::LivingTargets if self.pane_for(action) == Some(Pane::Processes) => {
                let chosen = self.looks.processes.chosen();
                chosen.is_none().then(|| "no process is chosen".into())
            }
            Needs::Nothing => None,
            Needs::Container | Needs::Running if subject.is_none() => Some(match self.list.group {
                Some(_) => A_GROUP.into(),
                None => NO_CONTAINER.into(),
            }),
            Needs::Targets | Needs::LivingTargets if targets.is_empty() => {
                Some(NO_CONTAINER.into())
            }
            Needs::Running => subject
                .filter(|record| !matches!(record.state.status, Status::Running { .. }))
                .map(|record| {
                    let (name, state) = (&record.spec.name, record.state.status.word());
                    format!("{name} is {state}: a shell needs a running one")
                }),
            Needs::LivingTargets
                if !targets.iter().any(|record| record.state.status.is_alive()) =>
            {
                Some(match targets.as_slice() {
                    [record] => format!(
                        "{} is {}: there is nothing to send a signal to",
                        record.spec.name,
                        record.state.status.word()
                    ),
                    several => format!("none of the {}{of} is alive", several.len()),
                })
            }
            Needs::Targets => {
                let reasons: Option<Vec<String>> = targets
                    .iter()
                    .map(|record| self.objection(action, record))
                    .collect();
                match reasons?.as_slice() {
                    [reason] => Some(reason.clone()),
                    reasons => Some(format!(
                        "not {0} of the {0}{of}: {1}",
                        reasons.len(),
                        reasons.first()?
                    )),
                }
            }
            Needs::Marks => {
                let none = self.list.marks.is_empty();
                none.then(|| "no container is marked".into())
            }
            Needs::Container | Needs::LivingTargets => None,
        }
    }

    /// Any other reason why `action` is not available.
    fn cannot(&self, action: Action) -> Option<String> {
        let refused = |when: bool, why: &str| when.then(|| why.to_owned());
        let preset = self.settings.presets.get(self.preset);
        match action {
            Action::Undo => match self.undo.newest() {
                None => Some("nothing was changed here that can be taken back".into()),
                // what is not done yet cannot be undone, and what was done before that
                // is not what is meant
                Some(newest) => newest
                    .steps
                    .iter()
                    .filter(|step| !matches!(step.reversal, Reversal::Limit(_)))
                    .find_map(|step| self.under_way(&step.id)),
            },
            Action::Rename => self
                .subject()
                .and_then(|record| self.objection(action, record)),
            Action::CopyCommand => {
                let lines = self.focused() == Some(Pane::Logs) && self.log.selection.is_some();
                refused(
                    self.last_command.is_none() && !lines,
                    "nothing was done yet that a command line could do",
                )
            }
            Action::EditPreset
            | Action::CopyPreset
            | Action::DeletePreset
            | Action::ComparePreset => refused(preset.is_none(), "no preset is selected"),
            Action::OpenFile | Action::ExtractFile | Action::RevertFile => {
                let files = &self.looks.files;
                if files.viewer.is_none() && files.chosen().is_none() {
                    return Some("no changed file is selected".into());
                }
                let living = files.of.as_ref().and_then(|id| self.record(id));
                living
                    .filter(|record| action == Action::RevertFile && record.state.status.is_alive())
                    .map(|record| {
                        let (name, state) = (&record.spec.name, record.state.status.word());
                        format!("{name} is {state}: stop it to revert its files")
                    })
            }
            Action::AgainWithChanges => {
                let broken = self
                    .subject()
                    .filter(|record| matches!(record.state.status, Status::Broken { .. }));
                broken.map(|record| {
                    format!(
                        "{} is BROKEN: nobody knows what it was made with",
                        record.spec.name
                    )
                })
            }
            Action::SaveLog => {
                refused(self.log.end() == self.log.dropped(), "no line is there yet")
            }
            Action::RunCheck => {
                refused(self.looks.check == Check::Running, "the check is under way")
            }
            Action::CloseShell => refused(self.shell().is_none(), "no shell is open in it"),
            Action::EnterShell => match self.shell() {
                Some(pane) if !matches!(pane.state, ShellState::Ended(_)) => None,
                _ => self.refusal(Action::OpenShell),
            },
            _ => None,
        }
    }

    /// What was asked of `id` and is not done yet.
    fn under_way(&self, id: &ContainerId) -> Option<String> {
        let pending = self.pending_for(id)?;
        let what = pending.action.label().to_lowercase();
        Some(format!("{what} of {} is still under way", pending.name))
    }

    /// Why `action` is not available for `record`; `None` if it is.
    #[must_use]
    pub fn objection(&self, action: Action, record: &Record) -> Option<String> {
        let name = record.spec.name.as_str();
        if !action.changes_something() {
            return None;
        }
        if let Some(reason) = self.under_way(&record.spec.id) {
            return Some(reason);
        }
        let state = record.state.status.word();
        match (action, &record.state.status) {
            (Action::Start, Status::Running { .. } | Status::Paused { .. }) => {
                Some(format!("{name} is {state} already"))
            }
            (
                Action::Start | Action::Stop | Action::Restart | Action::Rename,
                Status::Broken { .. },
            ) => Some(format!("{name} is {state}: it can only be destroyed")),
            (Action::Stop, Status::Created | Status::Stopped { .. }) => {
                Some(format!("{name} is {state}: there is nothing to stop"))
            }
            (Action::Pause, Status::Created | Status::Stopped { .. }) => {
                Some(format!("{name} is {state}: there is nothing to pause"))
            }
            _ => None,
        }
    }
}
