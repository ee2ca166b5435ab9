//! [`LogView`]: the log on the screen, or several merged by time. It keeps a bounded number of the
//! newest lines. Its position is a line number, so that neither new lines nor dropped ones move the
//! view.

mod line;
mod pick;
mod search;

use std::collections::VecDeque;

use jiff::Timestamp;
pub use line::LogLine;
pub use pick::Selection;
pub use search::LogSearch;

use crate::spec::ContainerId;
use crate::tui::text;

/// The most lines kept.
const MAX_LINES: usize = 20_000;
/// The most bytes of memory that they take.
const MAX_BYTES: usize = 16 << 20;
/// The most columns of a name before a line.
const NAME_COLUMNS: usize = 16;
/// Columns of `HH:MM:SS.mmm` and a space.
pub const TIME_COLUMNS: usize = 13;
/// Columns of the mark of a line from standard error.
pub const MARK_COLUMNS: usize = 2;

/// The scroll position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogPosition {
    /// At the end, following it.
    End,
    /// The first row shown is this row of this line, counted from the beginning of the log.
    At(u64, usize),
}

/// The size of the pane that shows it, in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogSize {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// The log on the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct LogView {
    /// The containers.
    pub targets: Vec<ContainerId>,
    /// Their names.
    pub names: Vec<String>,
    /// Whether the logs of all marked containers, else of all in view, are merged.
    pub merged: bool,
    /// The scroll position.
    pub place: LogPosition,
    /// Only lines written until then are shown.
    pub until: Option<Timestamp>,
    /// Columns scrolled to the right.
    pub column: usize,
    /// Whether long lines are wrapped.
    pub wrap: bool,
    /// Whether times are shown.
    pub timestamps: bool,
    /// Why it cannot be read.
    pub error: Option<String>,
    /// The selected lines.
    pub selection: Option<Selection>,
    /// The search.
    pub search: LogSearch,
    lines: VecDeque<LogLine>,
    /// The number of lines before `lines[0]`.
    first: u64,
    /// The number of lines skipped because there were too many at once.
    lost: u64,
    bytes: usize,
    /// The last line of each log while it has no end yet.
    unfinished: Vec<LogLine>,
}

impl Default for LogView {
    fn default() -> Self {
        Self {
            targets: Vec::new(),
            names: Vec::new(),
            merged: false,
            place: LogPosition::End,
            until: None,
            column: 0,
            wrap: true,
            timestamps: false,
            error: None,
            selection: None,
            search: LogSearch::default(),
            lines: VecDeque::new(),
            first: 0,
            lost: 0,
            bytes: 0,
            unfinished: Vec::new(),
        }
    }
}

impl LogView {
    /// Shows the logs of other containers, each with its name. Display options and the search stay.
    pub fn open(&mut self, targets: Vec<ContainerId>, names: Vec<String>) {
        let search = LogSearch::new(self.search.pattern());
        let Self {
            until,
            merged,
            wrap,
            timestamps,
            ..
        } = *self;
        *self = Self {
            targets,
            names,
            merged,
            until,
            wrap,
            timestamps,
            search,
            ..Self::default()
        };
    }

    /// Adds new lines, oldest first, after `skipped` lines that were not kept. Those of several
    /// logs are merged by time.
    pub fn extend(&mut self, skipped: u64, lines: Vec<LogLine>, unfinished: Vec<LogLine>) {
        if self.targets.len() > 1 {
            self.lost += skipped;
        } else if skipped > 0 {
            self.first += self.lines.len() as u64 + skipped;
            self.lines.clear();
            self.bytes = 0;
        }
        self.bytes += lines.iter().map(LogLine::memory).sum::<usize>();
        if self.targets.len() > 1 {
            self.merge(lines);
        } else {
            self.lines.extend(lines);
        }
        while self.lines.len() > MAX_LINES || (self.bytes > MAX_BYTES && self.lines.len() > 1) {
            let Some(oldest) = self.lines.pop_front() else {
                break;
            };
            self.bytes -= oldest.memory();
            self.first += 1;
        }
        self.unfinished = unfinished;
        self.forget();
        self.scan();
    }

    /// Merges lines by time. Remembered line numbers are adjusted to still mean the same lines.
    fn merge(&mut self, lines: Vec<LogLine>) {
        let Some(earliest) = lines.first().map(|line| line.at) else {
            return;
        };
        let from = self.lines.partition_point(|line| line.at <= earliest);
        let later: Vec<LogLine> = self.lines.drain(from..).collect();
        let mut moved = Vec::with_capacity(later.len());
        let (mut added, total) = (0, lines.len() as u64);
        let mut new = lines.into_iter().peekable();
        for line in later {
            while let Some(earlier) = new.next_if(|new| new.at < line.at) {
                self.lines.push_back(earlier);
                added += 1;
            }
            moved.push(added);
            self.lines.push_back(line);
        }
        self.lines.extend(new);
        let start = self.first + from as u64;
        self.search.forget_from(start);
        let follow = |number: &mut u64| {
            if let Some(index) = number.checked_sub(start) {
                *number += usize::try_from(index)
                    .ok()
                    .and_then(|index| moved.get(index))
                    .copied()
                    .unwrap_or(total);
            }
        };
        if let LogPosition::At(line, _) = &mut self.place {
            follow(line);
        }
        if let Some(selection) = &mut self.selection {
            follow(&mut selection.anchor);
            follow(&mut selection.head);
        }
        if let Some(line) = &mut self.search.current {
            follow(line);
        }
    }

    /// Moves remembered line numbers that were dropped to the oldest line kept.
    fn forget(&mut self) {
        let first = self.first;
        if let LogPosition::At(line, _) = self.place
            && line < first
        {
            self.place = LogPosition::At(first, 0);
        }
        self.selection = self
            .selection
            .filter(|selection| *selection.lines().end() >= first);
        if let Some(selection) = &mut self.selection {
            selection.anchor = selection.anchor.max(first);
            selection.head = selection.head.max(first);
        }
        self.search.forget_before(first);
    }

    fn scan(&mut self) {
        if self.search.is_empty() {
            return;
        }
        let from =
            usize::try_from(self.search.next().saturating_sub(self.first)).unwrap_or(usize::MAX);
        for line in self.lines.range(from.min(self.lines.len())..) {
            self.search.scan(&line.text);
        }
    }

    /// The number of lines up to the moment shown, including those no longer kept.
    #[must_use]
    pub fn end(&self) -> u64 {
        if let Some(until) = self.until {
            return self.first + self.lines.partition_point(|line| line.at <= until) as u64;
        }
        self.first + (self.lines.len() + self.unfinished.len()) as u64
    }

    /// The number of the oldest line kept, which is how many came before it.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.first
    }

    /// The number of lines not kept.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.first + self.lost
    }

    /// The line of this number, counted from the beginning of the log.
    #[must_use]
    pub fn line(&self, number: u64) -> Option<&LogLine> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        match index.checked_sub(self.lines.len()) {
            None => self.lines.get(index),
            Some(index) => self.unfinished.get(index),
        }
    }

    /// Columns of the names before the lines; none while it is one container's log.
    #[must_use]
    pub fn name_columns(&self) -> usize {
        if self.targets.len() < 2 {
            return 0;
        }
        self.names
            .iter()
            .map(|name| text::width(name))
            .max()
            .unwrap_or(0)
            .min(NAME_COLUMNS)
            + 1
    }

    /// Columns left for text in a pane of this width.
    #[must_use]
    pub fn text_columns(&self, width: usize) -> usize {
        let time = if self.timestamps { TIME_COLUMNS } else { 0 };
        width
            .saturating_sub(MARK_COLUMNS + time + self.name_columns())
            .max(2)
    }

    fn rows_of(&self, number: u64, pane: LogSize) -> usize {
        if !self.wrap {
            return 1;
        }
        let columns = self.text_columns(pane.width);
        self.line(number).map_or(1, |line| {
            if line.text.is_ascii() {
                line.text.len().div_ceil(columns).max(1)
            } else {
                text::wrap(&line.text, columns).len()
            }
        })
    }

    /// The first row shown when the end is at the bottom of the pane.
    fn end_place(&self, pane: LogSize) -> (u64, usize) {
        self.ending_at(self.end(), pane)
    }

    /// The first row shown when the line before `end` is at the bottom of the pane.
    fn ending_at(&self, end: u64, pane: LogSize) -> (u64, usize) {
        let (mut line, mut missing) = (end, pane.height);
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
    pub fn top(&self, pane: LogSize) -> (u64, usize) {
        let end = self.end_place(pane);
        match self.place {
            LogPosition::End => end,
            LogPosition::At(line, row) => (line, row.min(self.rows_of(line, pane) - 1)).min(end),
        }
    }

    /// Scrolls by `rows`, up when negative. Moving up stops following; moving down never starts it.
    pub fn scroll(&mut self, rows: i64, pane: LogSize) {
        if rows >= 0 && self.place == LogPosition::End {
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
        self.place = LogPosition::At(line, row);
    }

    /// Scrolls by the least amount that shows `line`, and stops following.
    pub fn show_line(&mut self, line: u64, pane: LogSize) {
        let top = self.top(pane);
        let least = self.ending_at(line + 1, pane);
        let (line, row) = if (line, 0) < top {
            (line, 0)
        } else {
            top.max(least)
        };
        self.place = LogPosition::At(line, row);
    }

    /// To the oldest line kept.
    pub fn to_first(&mut self) {
        self.place = LogPosition::At(self.first, 0);
    }

    /// Follows the end from now on, or stops where it is.
    pub fn toggle_follow(&mut self, pane: LogSize) {
        self.place = match self.place {
            LogPosition::End => {
                let (line, row) = self.top(pane);
                LogPosition::At(line, row)
            }
            LogPosition::At(..) => LogPosition::End,
        };
    }
}
