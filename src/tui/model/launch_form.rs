//! [`LaunchForm`]: the state of the launch form, and the request made from it.

use std::collections::BTreeMap;

use strum::VariantArray;

use super::{EffectId, LineEdit};
use crate::manager::Error;
use crate::spec::{
    ContainerId, ContainerRequest, Preset, SpecError, format_bytes, preview, quote_command,
};
use crate::tui::settings::Settings;
use crate::tui::wording;

/// The fields, in the order in which Tab visits them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, VariantArray)]
pub enum Field {
    /// The preset that fills in the rest.
    Preset,
    /// The command, in shell syntax.
    Command,
    /// The container's name.
    Name,
    /// Memory limit.
    Memory,
    /// CPU shares and cap, or cores.
    Cpu,
}

impl Field {
    /// Every field, in order.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Its label in the form.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Preset => "Preset",
            Self::Command => "Command",
            Self::Name => "Name",
            Self::Memory => "Memory",
            Self::Cpu => "CPU",
        }
    }

    fn of_spec(field: &str) -> Option<Self> {
        match field {
            "command" => Some(Self::Command),
            "name" => Some(Self::Name),
            "memory" => Some(Self::Memory),
            "cpu" | "cpus" | "cpu-shares" => Some(Self::Cpu),
            _ => None,
        }
    }
}

/// The state of the launch form.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaunchForm {
    /// The index of the preset; `None` is no preset.
    pub preset: Option<usize>,
    /// The text of every field except the preset.
    pub texts: BTreeMap<Field, LineEdit>,
    /// The field being typed in.
    pub focus: Option<Field>,
    /// An error of one field.
    pub errors: BTreeMap<Field, String>,
    /// An error that belongs to no field.
    pub error: Option<String>,
    /// The letters typed to find a preset.
    pub sought: String,
    /// The launch under way.
    pub launching: Option<EffectId>,
    /// The progress of the launch.
    pub progress: Option<String>,
}

impl LaunchForm {
    /// The form filled in from the preset at `preset`, with the cursor in the command.
    #[must_use]
    pub fn new(preset: Option<usize>, presets: &[(String, Preset)]) -> Self {
        let mut form = Self {
            focus: Some(Field::Command),
            ..Self::default()
        };
        form.choose(preset, presets);
        form
    }

    /// Fills the fields in from the preset at `preset`; the name stays.
    pub fn choose(&mut self, preset: Option<usize>, presets: &[(String, Preset)]) {
        self.preset = preset;
        let base = preset
            .and_then(|at| presets.get(at))
            .map(|(_, preset)| preset.clone())
            .unwrap_or_default();
        let command = base
            .command
            .as_deref()
            .map(quote_command)
            .unwrap_or_default();
        self.texts.insert(Field::Command, LineEdit::new(command));
        self.texts.insert(
            Field::Memory,
            LineEdit::new(base.memory.clone().unwrap_or_default()),
        );
        self.texts
            .insert(Field::Cpu, LineEdit::new(cpu_text(&base)));
        self.errors.clear();
        self.error = None;
    }

    /// Chooses the next or previous preset; "no preset" is one of them.
    pub fn cycle(&mut self, forward: bool, presets: &[(String, Preset)]) {
        let choices = presets.len() + 1;
        let now = self.preset.map_or(0, |at| at + 1);
        let next = if forward { now + 1 } else { now + choices - 1 } % choices;
        self.choose(next.checked_sub(1), presets);
    }

    /// Chooses the first preset whose name begins with the letters typed so far and `letter`, else
    /// one that contains them. A letter without a match changes nothing.
    pub fn seek(&mut self, letter: char, presets: &[(String, Preset)]) {
        let sought = format!("{}{}", self.sought, letter.to_lowercase());
        let place = |fits: &dyn Fn(&str) -> bool| {
            presets
                .iter()
                .position(|(name, _)| fits(&name.to_lowercase()))
        };
        let found = place(&|name| name.starts_with(&sought))
            .or_else(|| place(&|name| name.contains(&sought)));
        if let Some(found) = found {
            self.choose(Some(found), presets);
            self.sought = sought;
        }
    }

    /// Moves to the next field, or the previous one.
    pub fn step(&mut self, forward: bool) {
        let now = Field::ALL
            .iter()
            .position(|f| Some(*f) == self.focus)
            .unwrap_or(0);
        let next = if forward {
            now + 1
        } else {
            now + Field::ALL.len() - 1
        } % Field::ALL.len();
        self.focus = Some(Field::ALL[next]);
        self.sought.clear();
    }

    /// The text of `field`, trimmed.
    #[must_use]
    pub fn text(&self, field: Field) -> &str {
        self.texts.get(&field).map_or("", |line| line.text().trim())
    }

    /// The request: the fields of the form over the preset.
    ///
    /// # Errors
    /// [`SpecError`] naming the wrong field.
    pub fn created(&self, presets: &[(String, Preset)]) -> Result<ContainerRequest, SpecError> {
        let base = self.preset.and_then(|at| presets.get(at));
        let mut request = base.map(|(_, preset)| preset.clone()).unwrap_or_default();
        let words = shell_words::split(self.text(Field::Command))
            .map_err(|error| SpecError::new("command", error.to_string()))?;
        request.command = Some(words).filter(|words| !words.is_empty());
        request.memory = Some(self.text(Field::Memory).to_owned()).filter(|text| !text.is_empty());
        set_cpu(&mut request, self.text(Field::Cpu));
        let name = self.text(Field::Name);
        let created = ContainerRequest {
            name: Some(name.to_owned()).filter(|name| !name.is_empty()),
            settings: request,
            preset: base.map(|(name, _)| name.clone()),
            ..ContainerRequest::default()
        };
        // this id is only for validation; the engine makes the real one
        preview(
            ContainerId::from_random([0; 6]),
            created.name.as_deref(),
            &created.settings,
        )?;
        Ok(created)
    }

    /// Shows the error at its field and moves the cursor there.
    pub fn show_error(&mut self, error: &Error) {
        let (field, reason) = match error {
            Error::Spec(SpecError { field, reason }) => (Field::of_spec(field), reason.clone()),
            Error::NameInUse(_) => (Some(Field::Name), error.to_string()),
            other => (None, other.to_string()),
        };
        self.errors.clear();
        self.error = None;
        match field {
            Some(field) => {
                self.errors.insert(field, reason);
                self.focus = Some(field);
            }
            None => self.error = Some(error.to_string()),
        }
    }

    /// The meaning of the text of `field`, or a hint what to type.
    #[must_use]
    pub fn meaning(&self, field: Field) -> String {
        let text = self.text(field);
        let amount = |preset: Preset| preset.limits();
        match field {
            Field::Preset => String::new(),
            Field::Command if text.is_empty() => {
                "words as in a shell; pipes and loops need sh -c '…'".into()
            }
            Field::Command => String::new(),
            Field::Name if text.is_empty() => "optional; without one it is called by its id".into(),
            Field::Name => String::new(),
            Field::Memory if text.is_empty() => "no limit; 128 is MB, or 64M, 1.5G".into(),
            Field::Memory => match amount(Preset {
                memory: Some(text.into()),
                ..Preset::default()
            }) {
                Ok(limits) => limits.memory.map_or("no limit".into(), |bytes| {
                    format!("at most {}", format_bytes(bytes))
                }),
                Err(error) => error.reason,
            },
            Field::Cpu if text.is_empty() => {
                "no limit; 512 shares is half a core, 0.5 only caps".into()
            }
            Field::Cpu => cpu_meaning(text),
        }
    }

    /// Applies `change` to the focused field and clears its error.
    pub fn edit(&mut self, change: impl FnOnce(&mut LineEdit)) {
        let Some(field) = self
            .focus
            .filter(|field| *field != Field::Preset && self.launching.is_none())
        else {
            return;
        };
        self.errors.remove(&field);
        self.error = None;
        change(self.texts.entry(field).or_default());
    }
}

/// Sets the CPU amount of `preset` from one field, unless it is the same: a number with a point is
/// cores, a whole number is shares.
pub(super) fn set_cpu(preset: &mut Preset, cpu: &str) {
    if cpu == cpu_text(preset) {
        return;
    }
    (preset.cpu, preset.cpus, preset.cpu_shares) = (None, None, None);
    let field = if cpu.contains('.') {
        &mut preset.cpus
    } else {
        &mut preset.cpu
    };
    *field = Some(cpu.to_owned()).filter(|text| !text.is_empty());
}

/// The meaning of a CPU amount as text.
pub(super) fn cpu_meaning(text: &str) -> String {
    let (cpu, cpus) = if text.contains('.') {
        (None, Some(text.to_owned()))
    } else {
        (Some(text.to_owned()), None)
    };
    let preset = Preset {
        cpu,
        cpus,
        ..Preset::default()
    };
    match preset.limits() {
        Ok(limits) => {
            let Some(cap) = limits.cpu.map(|cpu| wording::cap_percent(cpu.cores())) else {
                return "no limit".into();
            };
            let weight = limits
                .cpu_shares
                .map_or(String::new(), |shares| format!(", weight {shares}"));
            format!("at most {cap} of a core{weight}")
        }
        Err(error) => error.reason,
    }
}

/// A preset's CPU amount as text: cores with a point, shares without.
pub(super) fn cpu_text(preset: &Preset) -> String {
    match (&preset.cpu, &preset.cpus) {
        (_, Some(cpus)) if cpus.contains('.') => cpus.clone(),
        (_, Some(cpus)) => format!("{cpus}.0"),
        (Some(cpu), None) => cpu.clone(),
        (None, None) => String::new(),
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
