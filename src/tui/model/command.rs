//! Command lines that do in a shell what an action does here.

use super::Model;
use crate::manager::LimitChange;
use crate::record::{Record, Status};
use crate::spec::quote_command;
use crate::tui::action::Action;

const MIB: u64 = 1 << 20;

impl Model {
    /// The command line that does `action` to `records`; `None` if there is none.
    #[must_use]
    pub fn command_for(&self, action: Action, records: &[&Record]) -> Option<String> {
        let seconds = format!("{}", self.settings.stop_grace.as_secs_f64());
        let words: Vec<&str> = match action {
            Action::Start => vec!["start"],
            Action::Stop => vec!["stop", "-t", &seconds],
            Action::Restart => vec!["restart"],
            Action::Pause
                if records
                    .iter()
                    .any(|record| matches!(record.state.status, Status::Running { .. })) =>
            {
                vec!["pause"]
            }
            Action::Pause => vec!["resume"],
            Action::Destroy => vec!["destroy", "-f"],
            Action::Logs => vec!["logs", "-f"],
            Action::ShowContainers => return Some(self.in_shell(&["list", "-a"])),
            Action::Help => return Some(self.in_shell(&["--help"])),
            Action::LimitUp | Action::LimitDown => {
                let record = records.first()?;
                let knob = self.handles.focus;
                let limits = self.handles.limits(&record.spec.id, &record.spec.limits);
                let most = self.host_total(knob);
                let value = knob.stepped(knob.value(&limits), action == Action::LimitUp, most);
                return self.limit_command(record, knob.change(value));
            }
            _ => return None,
        };
        if records.is_empty() {
            return None;
        }
        let names = records.iter().map(|record| record.spec.name.as_str());
        let words: Vec<&str> = words.into_iter().chain(names).collect();
        Some(self.in_shell(&words))
    }

    /// The command line that sets the limit; `None` for "no limit", which no flag can set.
    #[must_use]
    pub fn limit_command(&self, record: &Record, change: LimitChange) -> Option<String> {
        let (flag, amount) = match change {
            LimitChange::Cpu(cap) => ("--cpus", cap?.cores().to_string()),
            LimitChange::Memory(bytes) => ("--memory", size(bytes?)),
        };
        Some(self.in_shell(&["update", flag, &amount, record.spec.name.as_str()]))
    }

    /// `command` with `ellipsis` for the flags before its verb.
    #[must_use]
    pub fn without_flags(&self, command: &str, ellipsis: char) -> String {
        let program = &self.settings.program;
        let rest = command.strip_prefix(&quote_command(program));
        match (program.as_slice(), rest) {
            ([name, _, ..], Some(rest)) => {
                format!(
                    "{} {ellipsis}{rest}",
                    quote_command(std::slice::from_ref(name))
                )
            }
            _ => command.to_owned(),
        }
    }

    /// `words` after the program's own.
    #[must_use]
    pub fn in_shell(&self, words: &[&str]) -> String {
        let words = words.iter().map(|word| (*word).to_owned());
        quote_command(
            &self
                .settings
                .program
                .iter()
                .cloned()
                .chain(words)
                .collect::<Vec<_>>(),
        )
    }
}

/// A size as the flags take it, to the byte.
fn size(bytes: u64) -> String {
    if bytes.is_multiple_of(MIB) {
        format!("{}M", bytes / MIB)
    } else {
        format!("{bytes}b")
    }
}
