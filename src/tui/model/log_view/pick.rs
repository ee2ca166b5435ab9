//! Searching the log, and selecting lines of it.

use super::{LogLine, LogPosition, LogSearch, LogSize, LogView};

/// The selected lines: from one to the other, in either order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selection {
    /// Where selecting began.
    pub anchor: u64,
    /// Where it is now.
    pub head: u64,
}

impl Selection {
    /// The numbers of its lines.
    #[must_use]
    pub fn lines(self) -> std::ops::RangeInclusive<u64> {
        self.anchor.min(self.head)..=self.anchor.max(self.head)
    }
}

impl LogView {
    /// Searches all lines for `pattern` and shows the first match from `from` on.
    pub fn look_for(&mut self, pattern: &str, from: u64, pane: LogSize) {
        self.search = LogSearch::new(pattern);
        self.search.forget_before(self.first);
        self.scan();
        if let Some(line) = self.search.at_or_after(from, self.end()) {
            self.show_match(line, pane);
        }
    }

    /// Restores the previous search and position.
    pub fn go_back(&mut self, before: (LogSearch, LogPosition)) {
        (self.search, self.place) = before;
        self.forget();
        self.scan();
    }

    /// Shows the next or previous match; returns whether there is one.
    pub fn next_match(&mut self, forward: bool, pane: LogSize) -> bool {
        let (end, top) = (self.end(), self.top(pane).0);
        let line = match (self.search.current, forward) {
            (Some(line), true) => self.search.at_or_after(line + 1, end),
            (None, true) => self.search.at_or_after(top, end),
            (line, false) => self.search.before(line.unwrap_or(top), end),
        };
        if let Some(line) = line {
            self.show_match(line, pane);
        }
        line.is_some()
    }

    fn show_match(&mut self, line: u64, pane: LogSize) {
        self.search.current = Some(line);
        self.place = LogPosition::At(self.top(pane).0, self.top(pane).1);
        self.show_line(line, pane);
    }

    /// Starts a selection, unless there is one: at the current match if it is visible, else at the
    /// last visible line.
    pub fn select(&mut self, pane: LogSize) {
        let (top, bottom) = (self.top(pane), self.bottom(pane));
        let Some(bottom) = bottom.filter(|_| self.selection.is_none()) else {
            return;
        };
        let at = self
            .search
            .current
            .filter(|line| (top.0..=bottom).contains(line))
            .unwrap_or(bottom);
        self.select_at(at, pane);
    }

    /// Selects this line alone.
    pub fn select_at(&mut self, line: u64, pane: LogSize) {
        // stop following, so that the selection stays visible
        let (top, row) = self.top(pane);
        self.place = LogPosition::At(top, row);
        self.selection = Some(Selection {
            anchor: line,
            head: line,
        });
    }

    /// Selects up to `line`, and shows it.
    pub fn select_to(&mut self, line: u64, pane: LogSize) {
        let line = line.clamp(self.first, self.end().saturating_sub(1).max(self.first));
        if let Some(selection) = &mut self.selection {
            selection.head = line;
            self.show_line(line, pane);
        }
    }

    /// The last visible line.
    fn bottom(&self, pane: LogSize) -> Option<u64> {
        let (mut line, skipped) = self.top(pane);
        let mut rows = self.rows_of(line, pane).saturating_sub(skipped);
        let last = self
            .end()
            .checked_sub(1)
            .filter(|last| *last >= self.first)?;
        while rows < pane.height && line < last {
            line += 1;
            rows += self.rows_of(line, pane);
        }
        Some(line)
    }

    /// The selected lines, else every line up to the moment shown.
    pub fn wanted(&self) -> impl Iterator<Item = &LogLine> {
        let lines = match self.selection {
            Some(selection) => selection.lines(),
            None => self.first..=self.end().saturating_sub(1),
        };
        lines.filter_map(|number| self.line(number))
    }
}

impl LogView {
    /// The selected lines, else all, as text with the times and names that are shown.
    #[must_use]
    pub fn text(&self) -> String {
        let line = |line: &LogLine| {
            let time = if self.timestamps {
                format!("{:.3} ", line.at)
            } else {
                String::new()
            };
            let name = self
                .names
                .get(line.source)
                .filter(|_| self.targets.len() > 1)
                .map(|name| format!("{name}: "));
            format!("{time}{}{}\n", name.unwrap_or_default(), line.text)
        };
        self.wanted().map(line).collect()
    }
}
