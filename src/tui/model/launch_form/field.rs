//! [`Field`]: a field of the launch form.

use strum::VariantArray;

use super::access::Access;
use super::table::{Kind, Row, Section, TABLE};
use crate::spec::{ContainerRequest, LIMITS, Limit, LimitKey, Limits, Preset, SpecError};
use crate::tui::model::cpu_amount::cpu_meaning;

impl Section {
    /// Every section, in order.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Its heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Basics => "Basics",
            Self::Limits => "Limits",
            Self::Storage => "Storage",
            Self::Environment => "Environment",
            Self::Network => "Network",
            Self::Care => "Restart & health",
            Self::Security => "Security",
        }
    }

    /// What its fields are called, in one line.
    #[must_use]
    pub fn contents(self) -> String {
        self.fields()
            .map(Field::word)
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// Its fields, in order.
    pub fn fields(self) -> impl Iterator<Item = Field> {
        TABLE
            .iter()
            .filter(move |row| row.section == self)
            .map(|row| Field(row.name))
    }
}

/// A field, called as errors call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Field(&'static str);

impl Field {
    /// The image, or a folder as root.
    pub const IMAGE: Self = Self("image");
    /// The preset that fills in the rest.
    pub const PRESET: Self = Self("preset");
    /// The command, in shell syntax.
    pub const COMMAND: Self = Self("command");
    /// The container's name.
    pub const NAME: Self = Self("name");
    /// Memory limit.
    pub const MEMORY: Self = Self("memory");
    /// CPU shares and cap, or cores.
    pub const CPU: Self = Self("cpu");
    /// The network.
    pub const NET: Self = Self("net");
    /// The processes it sees.
    pub const PID: Self = Self("pid");
    /// Shared memory.
    pub const IPC: Self = Self("ipc");
    /// Volumes.
    pub const VOLUME: Self = Self("volume");
    /// Environment variables.
    pub const ENV: Self = Self("env");

    /// Every field, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| Field(row.name))
    }

    /// The field that errors call `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = match name {
            "cpus" => "cpu",
            "root" => "image",
            "network" => "net",
            other => other,
        };
        Self::all().find(|field| field.0 == name)
    }

    /// As errors call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0
    }

    #[allow(clippy::indexing_slicing, reason = "a field comes from the table")]
    fn row(self) -> &'static Row {
        let at = TABLE.iter().position(|row| row.name == self.0);
        &TABLE[at.unwrap_or(0)]
    }

    /// Its label.
    #[must_use]
    pub fn label(self) -> &'static str {
        &self.row().label
    }

    /// Its label within a sentence.
    #[must_use]
    pub fn word(self) -> String {
        let label = self.label();
        let is_name = |c: char| c.is_uppercase() || c == '/';
        if label.chars().nth(1).is_some_and(is_name) {
            label.to_owned()
        } else {
            label.to_lowercase()
        }
    }

    /// How it is filled in.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.row().kind
    }

    /// Its section.
    #[must_use]
    pub fn section(self) -> Section {
        self.row().section
    }

    /// What nothing in it means, and what can be typed.
    #[must_use]
    pub fn hint(self) -> &'static str {
        self.row().hint
    }

    /// The texts that stand for its value in `request`: one, or any number for a list.
    #[must_use]
    pub fn texts(self, request: &ContainerRequest) -> Vec<String> {
        let row = self.row();
        let mut texts = row.access.read(request);
        match row.kind {
            Kind::List => {}
            Kind::Choice(words) if texts.is_empty() => texts.push(words[0].to_owned()),
            _ if texts.is_empty() => texts.push(String::new()),
            _ => {}
        }
        texts
    }

    /// Puts `texts` into `request`.
    ///
    /// # Errors
    /// [`SpecError`] when they cannot be read.
    pub fn put(self, request: &mut ContainerRequest, texts: &[String]) -> Result<(), SpecError> {
        let row = self.row();
        let texts: Vec<String> = match row.kind {
            Kind::Choice(words) if texts.first().is_some_and(|text| text == words[0]) => Vec::new(),
            _ => texts.to_vec(),
        };
        row.access.write(request, texts)
    }

    /// A value that is right by itself.
    pub(super) fn placeholder(self) -> Vec<String> {
        let text = match (self, &self.row().access) {
            (Self::COMMAND, _) => "true",
            (Self::IMAGE, _) => "/srv",
            (Self::CPU, _) => "512",
            (_, Access::Limit(key)) => key.example,
            _ => return Vec::new(),
        };
        vec![text.to_owned()]
    }

    /// The meaning of `text` in it, or what can be typed.
    #[must_use]
    pub fn meaning(self, text: &str) -> String {
        if text.is_empty() || matches!(self.kind(), Kind::Choice(_)) {
            return self.hint().to_owned();
        }
        match &self.row().access {
            _ if self == Self::CPU => cpu_meaning(text),
            Access::Limit(key) => limit_meaning(key, text),
            _ => self.hint().to_owned(),
        }
    }
}

fn limit_meaning(key: &'static LimitKey, text: &str) -> String {
    let mut limits = Limits::default();
    if let Err(error) = key.set(&mut limits, text) {
        return error.reason;
    }
    let owns = |limit: &&Limit| limit.keys.iter().any(|other| other.key == key.key);
    let limit = LIMITS.iter().find(owns);
    let amount = limit.and_then(|limit| Some((limit, limit.of(&limits)?)));
    match amount {
        None => "no limit".into(),
        Some((limit, amount)) if limit.name == "memory" => {
            format!("at most {}", amount.words())
        }
        Some((limit, amount)) => limit.words(&amount.words()),
    }
}

/// The settings of `request`, as its fields have them.
pub(super) fn all_texts(request: &ContainerRequest) -> Vec<(Field, Vec<String>)> {
    Field::all()
        .map(|field| (field, field.texts(request)))
        .collect()
}

/// The request that `preset` makes by itself.
pub(super) fn request_of(preset: Option<&(String, Preset)>) -> ContainerRequest {
    ContainerRequest {
        settings: preset.map(|(_, preset)| preset.clone()).unwrap_or_default(),
        preset: preset.map(|(name, _)| name.clone()),
        ..ContainerRequest::default()
    }
}
