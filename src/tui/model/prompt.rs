//! [`LinePrompt`]: a prompt for one line: the name of a preset to save, the file to export to.

use super::{LineEdit, Model, Overlay, ToastKind};
use crate::record::Record;
use crate::spec::{ContainerId, Limits, Preset};
use crate::stats::Figure;

/// The purpose of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinePurpose {
    /// The name under which limits and command are saved.
    PresetName,
    /// The new name of the container.
    NewName,
    /// The file that the recent past is written to.
    ExportFile,
    /// The file that lines of the log are written to.
    LogFile,
}

/// A prompt for one line.
#[derive(Debug, Clone, PartialEq)]
pub struct LinePrompt {
    /// Its purpose.
    pub asked: LinePurpose,
    /// The container.
    pub id: ContainerId,
    /// The text.
    pub line: LineEdit,
    /// The error.
    pub error: Option<String>,
}

/// The preset that `record` could have been made from: its limits and its command.
#[must_use]
pub fn preset_of(record: &Record, limits: &Limits) -> Preset {
    let spec = &record.spec;
    Preset {
        description: Some(format!("saved from {}", spec.name)),
        ..Preset::of_spec(spec, limits)
    }
}

impl Model {
    /// The history of `id` as CSV, or as JSON (an array of objects) if `json`. A missing figure is
    /// empty or null.
    #[must_use]
    pub fn export(&self, id: &ContainerId, json: bool) -> String {
        let series = self.history.series(id);
        let mut rows = Vec::new();
        for tick in self.history.oldest()..=self.history.last() {
            let (Some(age), Some(series)) = (self.history.age(tick), series) else {
                continue;
            };
            if series.reading(tick).is_none() {
                continue;
            }
            let at = self.sampled_at - jiff::SignedDuration::try_from(age).unwrap_or_default();
            let value = |figure: Figure| series.value(figure, tick).map(|value| value.to_string());
            let fields = Figure::ALL.map(|figure| (figure.id(), value(figure)));
            rows.push(if json {
                let fields = fields.map(|(name, value)| {
                    format!("\"{name}\":{}", value.as_deref().unwrap_or("null"))
                });
                format!("{{\"time\":\"{at:.3}\",{}}}", fields.join(","))
            } else {
                let fields = fields.map(|(_, value)| value.unwrap_or_default());
                format!("{at:.3},{}", fields.join(","))
            });
        }
        if json {
            return format!("[\n{}\n]\n", rows.join(",\n"));
        }
        let heading = Figure::ALL.map(Figure::id).join(",");
        format!("time,{heading}\n{}\n", rows.join("\n"))
    }
}

impl Model {
    /// Opens the prompt.
    pub fn ask_line(&mut self, asked: LinePurpose) {
        let shown = self
            .log
            .targets
            .first()
            .filter(|_| asked == LinePurpose::LogFile)
            .and_then(|id| self.record(id));
        let Some(record) = shown.or(self.selected()) else {
            self.toast(ToastKind::Notice, "no container is selected");
            return;
        };
        let (id, name) = (record.spec.id.clone(), record.spec.name.as_str());
        let line = match asked {
            LinePurpose::PresetName | LinePurpose::NewName => name.to_owned(),
            LinePurpose::ExportFile => format!("{name}.csv"),
            LinePurpose::LogFile if self.log.targets.len() > 1 => "containers.log".to_owned(),
            LinePurpose::LogFile => format!("{name}.log"),
        };
        self.overlay = Some(Overlay::Line(LinePrompt {
            asked,
            id,
            line: LineEdit::new(line),
            error: None,
        }));
    }
}
