//! [`LogLine`]: one line of a log, safe to draw, with its colours.

use jiff::Timestamp;
use ratatui::style::Style;

use crate::tui::colours::Run;

/// One line, sanitised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written.
    pub at: Timestamp,
    /// Whether it came from standard error.
    pub stderr: bool,
    /// Which of the logs shown it is from.
    pub source: usize,
    /// Its text, safe to draw.
    pub text: String,
    /// Its changes of style, in order; plain before the first.
    pub runs: Vec<Run>,
}

impl LogLine {
    /// A line without colours, from the first log.
    #[must_use]
    pub fn plain(at: Timestamp, stderr: bool, text: impl Into<String>) -> Self {
        Self {
            at,
            stderr,
            source: 0,
            text: text.into(),
            runs: Vec::new(),
        }
    }

    /// Approximate memory use in bytes.
    #[must_use]
    pub fn memory(&self) -> usize {
        size_of::<Self>() + self.text.len() + self.runs.len() * size_of::<Run>()
    }

    /// The style at this byte of the text.
    #[must_use]
    pub fn style_at(&self, byte: usize) -> Style {
        let next = self.runs.partition_point(|run| run.from <= byte);
        next.checked_sub(1)
            .map_or(Style::new(), |at| self.runs[at].style)
    }

    /// The next change of style after this byte.
    #[must_use]
    pub fn next_change(&self, byte: usize) -> Option<usize> {
        self.runs
            .get(self.runs.partition_point(|run| run.from <= byte))
            .map(|run| run.from)
    }
}
