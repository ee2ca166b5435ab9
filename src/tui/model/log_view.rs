//! [`LogView`]: the log on the screen. It holds the newest lines, bounded, and remembers its place by line number, so that neither new
//! lines nor old ones falling out move what is being read.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::spec::ContainerId;
use crate::tui::text;

/// The most lines kept.
const MAX_LINES: usize = 20_000;
/// The most bytes of text kept.
const MAX_BYTES: usize = 16 << 20;
/// Columns of `HH:MM:SS.mmm` and a space.
pub const TIME_COLUMNS: usize = 13;
/// Columns of the mark of a line from standard error.
pub const MARK_COLUMNS: usize = 2;

/// One line, sanitised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written.
    pub at: Timestamp,
    /// Whether it came from standard error.
    pub stderr: bool,
    /// Its text, safe to draw.
    pub text: String,
}

/// Where the view stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At the end, and staying there.
    End,
    /// The first row shown is this row of this line, counted from the beginning of the log.
    At(u64, usize),
}

/// The size of the pane that shows it, in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pane {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// The log on the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct LogView {
    /// Whose log it is.
    pub target: Option<ContainerId>,
    /// Where it stands.
    pub place: Place,
    /// Only what was written until then is shown.
    pub until: Option<Timestamp>,
    /// Columns scrolled to the right.
    pub column: usize,
    /// Whether long lines are wrapped.
    pub wrap: bool,
    /// Whether times are shown.
    pub timestamps: bool,
    /// Why it cannot be read.
    pub error: Option<String>,
    lines: VecDeque<LogLine>,
    /// How many lines came before `lines[0]`.
    first: u64,
    bytes: usize,
    /// The last line while it has no end yet.
    unfinished: Option<LogLine>,
}

impl Default for LogView {
    fn default() -> Self {
        Self {
            target: None,
            place: Place::End,
            until: None,
            column: 0,
            wrap: true,
            timestamps: false,
            error: None,
            lines: VecDeque::new(),
            first: 0,
            bytes: 0,
            unfinished: None,
        }
    }
}

impl LogView {
    /// Turns to another container's log; how it is shown stays.
    pub fn open(&mut self, target: Option<ContainerId>) {
        *self = Self { target, until: self.until, wrap: self.wrap, timestamps: self.timestamps, ..Self::default() };
    }

    /// Takes in new lines, of which `skipped` more came before and were never kept.
    pub fn extend(&mut self, skipped: u64, lines: Vec<LogLine>, unfinished: Option<LogLine>) {
        if skipped > 0 {
            self.first += self.lines.len() as u64 + skipped;
            self.lines.clear();
            self.bytes = 0;
        }
        for line in lines {
            self.bytes += line.text.len();
            self.lines.push_back(line);
        }
        while self.lines.len() > MAX_LINES || (self.bytes > MAX_BYTES && self.lines.len() > 1) {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.bytes -= oldest.text.len();
            self.first += 1;
        }
        self.unfinished = unfinished;
        if let Place::At(line, _) = self.place
            && line < self.first
        {
            self.place = Place::At(self.first, 0);
        }
    }

    /// How many lines the log has up to the moment shown, with those no longer kept.
    #[must_use]
    pub fn end(&self) -> u64 {
        if let Some(until) = self.until {
            return self.first + self.lines.partition_point(|line| line.at <= until) as u64;
        }
        self.first + (self.lines.len() + usize::from(self.unfinished.is_some())) as u64
    }

    /// How many lines are no longer kept.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.first
    }

    /// The line of this number, counted from the beginning of the log.
    #[must_use]
    pub fn line(&self, number: u64) -> Option<&LogLine> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        match index.checked_sub(self.lines.len()) {
            None => self.lines.get(index),
            Some(0) => self.unfinished.as_ref(),
            Some(_) => None,
        }
    }

    /// Columns left for text in a pane of this width.
    #[must_use]
    pub fn text_columns(&self, width: usize) -> usize {
        let time = if self.timestamps { TIME_COLUMNS } else { 0 };
        width.saturating_sub(MARK_COLUMNS + time).max(2)
    }

    fn rows_of(&self, number: u64, pane: Pane) -> usize {
        if !self.wrap {
            return 1;
        }
        let columns = self.text_columns(pane.width);
        self.line(number).map_or(1, |line| {
            if line.text.is_ascii() { line.text.len().div_ceil(columns).max(1) } else { text::wrap(&line.text, columns).len() }
        })
    }

    /// The first row shown when the end is at the bottom of the pane.
    fn end_place(&self, pane: Pane) -> (u64, usize) {
        let (mut line, mut missing) = (self.end(), pane.height);
        while missing > 0 && line > self.first {
            line -= 1;
            let rows = self.rows_of(line, pane);
            if rows >= missing {
                return (line, rows - missing);
            }
            missing -= rows;
        }
        (self.first, 0)
    }

    /// The first row shown: a line and a row of it.
    #[must_use]
    pub fn top(&self, pane: Pane) -> (u64, usize) {
        let end = self.end_place(pane);
        match self.place {
            Place::End => end,
            Place::At(line, row) => (line, row.min(self.rows_of(line, pane) - 1)).min(end),
        }
    }

    /// Scrolls by `rows`, up when negative. Moving up stops following; moving down never starts it.
    pub fn scroll(&mut self, rows: i64, pane: Pane) {
        if rows >= 0 && self.place == Place::End {
            return;
        }
        let (mut line, mut row) = self.top(pane);
        for _ in 0..rows.unsigned_abs() {
            if rows < 0 {
                if row > 0 {
                    row -= 1;
                } else if line > self.first {
                    line -= 1;
                    row = self.rows_of(line, pane) - 1;
                }
            } else if row + 1 < self.rows_of(line, pane) {
                row += 1;
            } else {
                (line, row) = (line + 1, 0);
            }
        }
        let (line, row) = (line, row).min(self.end_place(pane));
        self.place = Place::At(line, row);
    }

    /// To the oldest line kept.
    pub fn to_first(&mut self) {
        self.place = Place::At(self.first, 0);
    }

    /// Follows the end from now on, or stops where it is.
    pub fn toggle_follow(&mut self, pane: Pane) {
        self.place = match self.place {
            Place::End => {
                let (line, row) = self.top(pane);
                Place::At(line, row)
            }
            Place::At(..) => Place::End,
        };
    }
}
