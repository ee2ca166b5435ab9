//! What the text of a field can be completed to.

use super::{Field, LaunchForm, Spot};
use crate::record::Record;

impl LaunchForm {
    /// The words that the focused field takes, as far as they can be listed.
    #[must_use]
    pub fn choices(&self, records: &[Record]) -> Vec<String> {
        let Spot::Entry(field, _) = self.focus else {
            return Vec::new();
        };
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let with_containers = |first: &[&str]| {
            let mut choices: Vec<String> = words(first);
            let names = records
                .iter()
                .filter(|record| record.state.status.is_alive());
            choices.extend(names.map(|record| format!("container:{}", record.spec.name)));
            choices
        };
        match field {
            Field::NET => with_containers(&["none", "host"]),
            Field::PID | Field::IPC => with_containers(&["own", "host"]),
            _ => match field.name() {
                "image" => words(&["host"]),
                "restart" => words(&["no", "on-failure", "on-failure:3", "always"]),
                "oom-policy" => words(&["process", "group"]),
                "seccomp" | "apparmor" | "selinux" => words(&["default", "unconfined"]),
                "user" => words(&["root", "nobody"]),
                "stop-signal" => words(&["TERM", "INT", "HUP", "QUIT", "USR1", "KILL"]),
                "group" => {
                    let labels = records.iter().filter_map(|record| record.spec.group());
                    let groups: std::collections::BTreeSet<&str> = labels.collect();
                    groups.into_iter().map(str::to_owned).collect()
                }
                _ => Vec::new(),
            },
        }
    }

    /// The choice that the text is the beginning of, or of a whole choice, the next one.
    #[must_use]
    pub fn completion(&self, records: &[Record]) -> Option<String> {
        let line = self.focused_line()?;
        let text = line.text();
        if line.before_cursor() != text {
            return None;
        }
        let choices = self.choices(records);
        if let Some(whole) = choices.iter().position(|choice| choice == text) {
            let next = choices.get(whole + 1).or(choices.first());
            return next.filter(|next| *next != text).cloned();
        }
        choices.into_iter().find(|choice| choice.starts_with(text))
    }
}
