//! [`PresetForm`]: a preset being edited. Settings without a field stay as they are.

use std::collections::BTreeMap;

use strum::VariantArray;

use super::cpu_amount::{cpu_meaning, cpu_text, set_cpu};
use super::{EffectId, LineEdit};
use crate::spec::{
    ContainerId, ContainerName, Preset, SpecError, format_bytes, preview, quote_command,
};

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, VariantArray)]
pub enum PresetField {
    /// Its name.
    Name,
    /// Its description, one line.
    About,
    /// The command with its arguments.
    Command,
    /// The memory limit.
    Memory,
    /// Swap beyond memory.
    Swap,
    /// The CPU amount: shares, or cores with a point.
    Cpu,
    /// The most processes.
    Pids,
    /// The image.
    Image,
    /// The network mode.
    Network,
    /// The working directory.
    Directory,
    /// Environment variables, in shell syntax.
    Variables,
}

impl PresetField {
    /// Every field, in order.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Its label in the form.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::About => "About",
            Self::Command => "Command",
            Self::Memory => "Memory",
            Self::Swap => "Swap",
            Self::Cpu => "CPU",
            Self::Pids => "Pids",
            Self::Image => "Image",
            Self::Network => "Network",
            Self::Directory => "Directory",
            Self::Variables => "Variables",
        }
    }

    fn of_spec(field: &str) -> Option<Self> {
        Some(match field {
            "name" => Self::Name,
            "command" => Self::Command,
            "memory" => Self::Memory,
            "swap" => Self::Swap,
            "cpu" | "cpus" | "cpu-shares" => Self::Cpu,
            "pids" => Self::Pids,
            "image" => Self::Image,
            "net" | "network" => Self::Network,
            "workdir" => Self::Directory,
            "env" => Self::Variables,
            _ => return None,
        })
    }
}

/// A preset being edited.
#[derive(Debug, Clone, PartialEq)]
pub struct PresetForm {
    /// The preset that is changed; `None` for a new one.
    pub of: Option<String>,
    /// Its previous content.
    base: Preset,
    /// The text of every field.
    pub texts: BTreeMap<PresetField, LineEdit>,
    /// The field being typed in.
    pub focus: PresetField,
    /// An error, of one field or of none.
    pub error: Option<(Option<PresetField>, String)>,
    /// The write under way.
    pub saving: Option<EffectId>,
}

impl PresetForm {
    /// A form with `preset` named `name`, which changes the preset `of` or adds a new one.
    #[must_use]
    pub fn new(of: Option<String>, name: &str, preset: &Preset) -> Self {
        let text = |field: PresetField| match field {
            PresetField::Name => name.to_owned(),
            PresetField::About => preset.description.clone().unwrap_or_default(),
            PresetField::Command => preset
                .command
                .as_deref()
                .map(quote_command)
                .unwrap_or_default(),
            PresetField::Memory => preset.memory.clone().unwrap_or_default(),
            PresetField::Swap => preset.swap.clone().unwrap_or_default(),
            PresetField::Cpu => cpu_text(preset),
            PresetField::Pids => preset.pids.clone().unwrap_or_default(),
            PresetField::Image => preset.image.clone().unwrap_or_default(),
            PresetField::Network => preset
                .net
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            PresetField::Directory => preset.workdir.clone().unwrap_or_default(),
            PresetField::Variables => quote_command(&preset.env),
        };
        let focus = if name.is_empty() || of.is_none() {
            PresetField::Name
        } else {
            PresetField::Memory
        };
        Self {
            of,
            base: preset.clone(),
            texts: PresetField::ALL
                .iter()
                .copied()
                .map(|field| (field, LineEdit::new(text(field))))
                .collect(),
            focus,
            error: None,
            saving: None,
        }
    }

    /// The text of `field`, trimmed.
    #[must_use]
    pub fn text(&self, field: PresetField) -> &str {
        self.texts.get(&field).map_or("", |line| line.text().trim())
    }

    /// Moves to the next field, or the previous one.
    pub fn step(&mut self, forward: bool) {
        let count = PresetField::ALL.len();
        let now = PresetField::ALL
            .iter()
            .position(|field| *field == self.focus)
            .unwrap_or(0);
        self.focus = PresetField::ALL[if forward { now + 1 } else { now + count - 1 } % count];
    }

    /// The name and the preset as entered.
    ///
    /// # Errors
    /// [`SpecError`] naming what is wrong.
    pub fn preset(&self) -> Result<(String, Preset), SpecError> {
        let name = ContainerName::new(self.text(PresetField::Name))
            .map_err(|error| SpecError::new("name", error.reason))?;
        let some = |field| Some(self.text(field).to_owned()).filter(|text| !text.is_empty());
        let words = |field, name| {
            shell_words::split(self.text(field))
                .map_err(|error| SpecError::new(name, error.to_string()))
        };
        let mut preset = Preset {
            description: some(PresetField::About),
            command: Some(words(PresetField::Command, "command")?)
                .filter(|words| !words.is_empty()),
            memory: some(PresetField::Memory),
            swap: some(PresetField::Swap),
            pids: some(PresetField::Pids),
            image: some(PresetField::Image),
            net: some(PresetField::Network)
                .map(|text| text.parse())
                .transpose()?,
            workdir: some(PresetField::Directory),
            env: words(PresetField::Variables, "env")?,
            ..self.base.clone()
        };
        set_cpu(&mut preset, self.text(PresetField::Cpu));
        // a limit profile has no command; any command serves to validate the rest
        let mut tried = preset.clone();
        tried.command.get_or_insert_with(|| vec!["true".into()]);
        preview(ContainerId::from_random([0; 6]), None, &tried)?;
        Ok((name.to_string(), preset))
    }

    /// Shows the error at its field and moves the cursor there.
    pub fn show_error(&mut self, error: &SpecError) {
        let field = PresetField::of_spec(error.field);
        self.focus = field.unwrap_or(self.focus);
        self.error = Some((
            field,
            if field.is_some() {
                error.reason.clone()
            } else {
                error.to_string()
            },
        ));
    }

    /// The meaning of the text of `field`, or a hint what to type.
    #[must_use]
    pub fn meaning(&self, field: PresetField) -> String {
        let text = self.text(field);
        let limits = |preset: Preset| preset.limits();
        let bytes =
            |preset: Preset, pick: fn(&crate::spec::Limits) -> Option<u64>| match limits(preset) {
                Ok(limits) => pick(&limits).map(format_bytes).unwrap_or_default(),
                Err(error) => error.reason,
            };
        match field {
            PresetField::Name => "letters, digits, _ . -".into(),
            PresetField::About => "one line, shown in the list".into(),
            PresetField::Command if text.is_empty() => {
                "none: a limit profile for any command".into()
            }
            PresetField::Memory if text.is_empty() => "no limit; 128 is MB, or 64M, 1.5G".into(),
            PresetField::Memory => bytes(
                Preset {
                    memory: Some(text.into()),
                    ..Preset::default()
                },
                |limits| limits.memory,
            ),
            PresetField::Swap if text.is_empty() => "none beyond memory".into(),
            PresetField::Cpu if text.is_empty() => {
                "no limit; 512 shares is half a core, 0.5 only caps".into()
            }
            PresetField::Cpu => cpu_meaning(text),
            PresetField::Pids if text.is_empty() => "the usual limit".into(),
            PresetField::Image if text.is_empty() => "host: this machine's own programs".into(),
            PresetField::Network if text.is_empty() => "none; or host, container:ID".into(),
            PresetField::Variables if text.is_empty() => "KEY=value KEY2='a b'".into(),
            _ => String::new(),
        }
    }

    /// Applies `change` to the focused field and clears the error.
    pub fn edit(&mut self, change: impl FnOnce(&mut LineEdit)) {
        if self.saving.is_none() {
            self.error = None;
            change(self.texts.entry(self.focus).or_default());
        }
    }
}

/// What the selected preset is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compared {
    /// Another preset, by its name.
    Preset(String),
    /// What this container was made from, and its limits now.
    Container(ContainerId),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_field_says_what_it_means() {
        let form = PresetForm::new(None, "", &Preset::default());
        let silent: Vec<_> = PresetField::ALL
            .iter()
            .filter(|field| form.meaning(**field).is_empty())
            .collect();
        assert_eq!(silent, [&PresetField::Directory]);
        let filled = Preset {
            command: Some(vec!["true".into()]),
            pids: Some("7".into()),
            image: Some("debian".into()),
            env: vec!["A=b".into()],
            ..Preset::default()
        };
        let form = PresetForm::new(None, "a", &filled);
        for field in [
            PresetField::Command,
            PresetField::Pids,
            PresetField::Image,
            PresetField::Variables,
        ] {
            assert_eq!(form.meaning(field), "", "{field:?}");
        }
    }
    #[test]
    fn cores_have_a_point_and_shares_have_none() {
        for (cpu, cpus, text) in [
            (None, Some("0.5"), "0.5"),
            (None, Some("2"), "2.0"),
            (Some("512"), None, "512"),
            (None, None, ""),
        ] {
            let preset = Preset {
                cpu: cpu.map(Into::into),
                cpus: cpus.map(Into::into),
                ..Preset::default()
            };
            let form = PresetForm::new(None, "a", &preset);
            assert_eq!(form.text(PresetField::Cpu), text);
        }
    }
}
