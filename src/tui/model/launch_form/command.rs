//! The command line that asks for what the launch form has in it, as typed.

use super::examine::{as_typed, examine};
use super::{Field, LaunchForm};
use crate::record::Record;
use crate::spec::{ContainerRequest, Preset, quote_command};
use crate::tui::sanitise::printable;
use crate::tui::settings::Settings;
use crate::tui::text;

impl LaunchForm {
    /// Looks again for what is wrong, and writes the command line anew: what is wrong stands in it
    /// as it is typed.
    pub fn refresh(&mut self, settings: &Settings, records: &[Record]) {
        (_, self.problems) = examine(self, records);
        let base = self.preset.as_ref().map(|(_, preset)| preset);
        self.unsaid = None;
        self.command_line = match as_typed(self) {
            Ok(request) => {
                let mut line = command_line(settings, &request, base);
                if request.settings.command.is_none() {
                    let typed = Some(self.text(Field::COMMAND)).filter(|text| !text.is_empty());
                    line.push_str(" -- ");
                    line.push_str(typed.unwrap_or("COMMAND"));
                }
                line
            }
            Err(field) => {
                self.unsaid = Some(field);
                format!("n/a until {} is right", field.label())
            }
        };
    }
}

/// The command line for `created`, whose preset is `base`.
#[must_use]
pub fn command_line(
    settings: &Settings,
    created: &ContainerRequest,
    base: Option<&Preset>,
) -> String {
    let flags = created.flags(base, settings.default_preset.is_some());
    let run = ["run".to_owned(), "-d".to_owned()];
    quote_command(&[settings.program.as_slice(), &run, &flags].concat())
}

/// The command line in rows of `width` columns.
#[must_use]
pub fn command_rows(form: &LaunchForm, width: usize) -> Vec<String> {
    let prompt = if form.unsaid.is_some() { "" } else { "$ " };
    let shown = format!("{prompt}{}", printable(&form.command_line));
    text::wrap_words(&shown, width, usize::MAX, ' ')
}
