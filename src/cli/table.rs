//! [`Table`]: rows under a header, in as many columns as the terminal has.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::spec::sanitize;

/// Between two columns.
const GAP: usize = 2;
/// A column that gives way keeps at least this many characters, or its header.
const MIN_WIDTH: usize = 8;

/// The colour of a cell, where colours are wanted (SGR).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    Plain,
    Green,
    Yellow,
    Red,
}

impl Colour {
    fn code(self) -> Option<u8> {
        match self {
            Self::Plain => None,
            Self::Red => Some(31),
            Self::Green => Some(32),
            Self::Yellow => Some(33),
        }
    }
}

/// Rows under a header. Cells are made safe to show.
pub(super) struct Table {
    /// Header and whether the column gives way when there is no room.
    columns: Vec<(&'static str, bool)>,
    rows: Vec<Vec<(String, Colour)>>,
}

impl Table {
    /// The headers; `true` marks a column that is cut when the terminal is too narrow. The last of
    /// them gives way first.
    pub(super) fn new(columns: Vec<(&'static str, bool)>) -> Self {
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, cells: Vec<(String, Colour)>) {
        let safe = |(text, colour): (String, Colour)| (sanitize(&text).into_owned(), colour);
        self.rows.push(cells.into_iter().map(safe).collect());
    }

    /// The text, a line each row. `width` is the terminal's; without one nothing is cut.
    pub(super) fn render(&self, width: Option<usize>, coloured: bool) -> String {
        let widths = self.widths(width);
        let mut out = String::new();
        let header = self.columns.iter().map(|(name, _)| (*name, Colour::Plain));
        line(&mut out, header, &widths, coloured);
        for row in &self.rows {
            line(
                &mut out,
                row.iter().map(|(text, colour)| (text.as_str(), *colour)),
                &widths,
                coloured,
            );
        }
        out
    }

    fn widths(&self, most: Option<usize>) -> Vec<usize> {
        let cells = |n: usize| {
            self.rows
                .iter()
                .filter_map(move |row| row.get(n))
                .map(|(text, _)| text.width())
        };
        let mut widths: Vec<usize> = (0..self.columns.len())
            .map(|n| cells(n).chain([self.columns[n].0.len()]).max().unwrap_or(0))
            .collect();
        let Some(most) = most else { return widths };
        let mut over = (widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1))
            .saturating_sub(most);
        for (n, (name, gives_way)) in self.columns.iter().enumerate().rev() {
            if *gives_way {
                let cut = over.min(widths[n].saturating_sub(name.len().max(MIN_WIDTH)));
                widths[n] -= cut;
                over -= cut;
            }
        }
        widths
    }
}

fn line<'a>(
    out: &mut String,
    cells: impl Iterator<Item = (&'a str, Colour)>,
    widths: &[usize],
    coloured: bool,
) {
    let mut pad = 0;
    for ((text, colour), width) in cells.zip(widths) {
        let text = cut(text, *width);
        // padding is written before the next cell, so that no line ends in blanks
        out.push_str(&" ".repeat(pad));
        match colour.code().filter(|_| coloured) {
            Some(code) => out.push_str(&format!("\x1b[{code}m{text}\x1b[0m")),
            None => out.push_str(&text),
        }
        pad = width.saturating_sub(text.width()) + GAP;
    }
    out.push('\n');
}

/// `text` in at most `columns` columns, ending in `…` when something was cut off.
fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut used = 1;
    let kept = text.chars().take_while(|c| {
        used += c.width().unwrap_or(0);
        used <= columns
    });
    kept.chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(vec![
            ("ID", false),
            ("NAME", true),
            ("STATE", false),
            ("COMMAND", true),
        ]);
        for (id, name, state, command) in [
            ("a", "web", "RUNNING", "sleep 1000"),
            (
                "bb",
                "漢字漢字漢字漢字",
                "STOPPED",
                "sh -c 'a very long command line\n\x1b[2Jthat goes on'",
            ),
        ] {
            let cell = |text: &str| (text.to_owned(), Colour::Plain);
            table.push(vec![
                cell(id),
                cell(name),
                (state.to_owned(), Colour::Green),
                cell(command),
            ]);
        }
        table
    }

    #[test]
    fn uncut_without_a_terminal() {
        assert_eq!(
            table().render(None, false),
            "ID  NAME              STATE    COMMAND\n\
             a   web               RUNNING  sleep 1000\n\
             bb  漢字漢字漢字漢字  STOPPED  sh -c 'a very long command line␊␛[2Jthat goes on'\n"
        );
    }

    #[test]
    fn cut_to_the_terminal_the_last_column_first() {
        for width in [34, 40, 50, 80] {
            let text = table().render(Some(width), false);
            assert!(
                text.lines().all(|line| line.width() <= width),
                "{width}:\n{text}"
            );
        }
        assert!(
            table()
                .render(Some(50), false)
                .contains("漢字漢字漢字漢字  STOPPED  sh -c 'a very long…")
        );
        assert!(
            table().render(Some(1), false).contains("RUNNING"),
            "what does not give way stays whole"
        );
    }

    #[test]
    fn colours_are_for_terminals_and_ours_alone() {
        let text = table().render(None, true);
        assert_eq!(text.matches("\x1b[32m").count(), 2);
        assert_eq!(text.matches('\x1b').count(), 4, "{text:?}");
        assert!(!table().render(None, false).contains('\x1b'));
    }
}
