//! Makes untrusted text safe to draw: no escape sequences, no control characters, no reordering,
//! bounded length. Names have theirs written out ([`printable`]), log lines are without them
//! ([`log_line`]).
//!
//! `spec/escapes.rs` decides what is safe; this file bounds the length and height of lines.

use ratatui::style::Style;

use super::colours::{Run, apply_sgr};
use crate::spec::{Piece, Scanner, number, write_visibly};

/// The most characters kept of one line.
pub const MAX_CHARS: usize = 16_384;

/// The end of a truncated line.
const CUT: &str = "… (cut)";

/// The most combining characters kept on one base character.
const MAX_COMBINING: usize = 2;

/// The most changes of style kept of one line.
const MAX_RUNS: usize = 1_024;

/// Tab stops in logs, as terminals have them.
const TAB_WIDTH: usize = 8;

/// One line of `text`, safe to draw, with nothing removed: what would be invisible is written out
/// (`␛`, `<U+202E>`). Text beyond [`MAX_CHARS`] is cut and marked.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut line = Line::new(text.len());
    for c in text.chars() {
        write_visibly(c, &mut |c| line.push_visibly(c));
    }
    line.finish()
}

/// One log line without its colours: see [`coloured_line`].
#[must_use]
pub fn log_line(bytes: &[u8]) -> String {
    coloured_line(bytes).0
}

/// One log line and its changes of style: control sequences are removed, see [`Scanner`], and tabs
/// expanded; of a line overwritten by carriage returns the last version stays, as on a terminal.
/// Bounded as [`printable`].
#[must_use]
pub fn coloured_line(bytes: &[u8]) -> (String, Vec<Run>) {
    let end = bytes
        .iter()
        .rposition(|b| !matches!(b, b'\r' | b'\n'))
        .map_or(0, |last| last + 1);
    let kept = &bytes[..end];
    let start = kept
        .iter()
        .rposition(|b| *b == b'\r')
        .map_or(0, |cr| cr + 1);
    // four bytes a character at most: what cannot be kept need not be decoded
    let (head, rest) = kept[start..].split_at((kept.len() - start).min(MAX_CHARS * 4));
    let mut line = Line::new(head.len());
    let mut scanner = Scanner::default();
    let (mut runs, mut style) = (Vec::new(), Style::new());
    let mut put = |piece: Piece<'_>| match piece {
        Piece::Colour(sequence) => {
            let parameters = sequence
                .trim_start_matches(['\u{1b}', '[', '\u{9b}'])
                .trim_end_matches('m');
            style = apply_sgr(style, parameters);
            restyle(&mut runs, line.text.len(), style);
        }
        Piece::Text('\t') => (0..TAB_WIDTH - line.kept % TAB_WIDTH).for_each(|_| line.push(' ')),
        Piece::Text(c) => line.push(c),
    };
    scanner.bytes(head, &mut put);
    if rest.is_empty() {
        scanner.end(&mut put);
    }
    line.cut |= !rest.is_empty();
    if line.cut {
        runs.truncate(MAX_RUNS - 1);
        restyle(&mut runs, line.text.len(), Style::new());
    }
    (line.finish(), runs)
}

/// Sets the style from byte `from` on.
fn restyle(runs: &mut Vec<Run>, from: usize, style: Style) {
    // a style that no character had is replaced
    if runs.last().is_some_and(|run| run.from == from) {
        runs.pop();
    }
    let now = runs.last().map_or(Style::new(), |run| run.style);
    if now != style && runs.len() < MAX_RUNS {
        runs.push(Run { from, style });
    }
}

struct Line {
    text: String,
    kept: usize,
    combining: usize,
    cut: bool,
}

impl Line {
    fn new(bytes: usize) -> Self {
        Self {
            text: String::with_capacity(bytes.min(MAX_CHARS)),
            kept: 0,
            combining: 0,
            cut: false,
        }
    }

    /// A character of a log line. One mark too many is left out.
    fn push(&mut self, c: char) {
        if self.has_room_for(c) {
            self.keep(c);
        }
    }

    /// A character of a name. One mark too many is written by its number.
    fn push_visibly(&mut self, c: char) {
        if self.has_room_for(c) {
            self.keep(c);
        } else {
            number(c).chars().for_each(|c| self.keep(c));
            self.combining = 0;
        }
    }

    /// Whether `c` may stand on what is before it.
    fn has_room_for(&mut self, c: char) -> bool {
        if unicode_width::UnicodeWidthChar::width(c) != Some(0) {
            self.combining = 0;
            return true;
        }
        self.combining += 1;
        // a mark with nothing to stand on would combine with what is drawn before it
        self.combining <= MAX_COMBINING && self.kept > 0
    }

    fn keep(&mut self, c: char) {
        if self.kept >= MAX_CHARS {
            self.cut = true;
            return;
        }
        self.kept += 1;
        self.text.push(c);
    }

    fn finish(mut self) -> String {
        if self.cut {
            self.text.push_str(CUT);
        }
        self.text
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::{Color, Modifier};

    use super::*;

    #[test]
    fn controls_are_shown_not_executed() {
        assert_eq!(printable("a\x1b[2Jb\nc\x7f\t"), "a␛[2Jb␊c␡␉");
        assert_eq!(
            printable("safe\u{202e}txt.exe\u{200b}"),
            "safe<U+202E>txt.exe<U+200B>"
        );
        assert_eq!(printable("\u{9b}31mred"), "<U+009B>31mred");
    }

    #[test]
    fn log_lines_lose_their_sequences() {
        assert_eq!(log_line(b"\x1b[1;31mred\x1b[0m plain\r"), "red plain");
        assert_eq!(log_line(b"\x1b]0;title\x07text"), "text");
        assert_eq!(
            log_line(b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\"),
            "link"
        );
        assert_eq!(log_line(b"\x1bP1$r0m\x1b\\after"), "after");
        assert_eq!(log_line(b"10%\r20%\r100%\r\n"), "100%");
        assert_eq!(log_line(b"a\tb"), "a       b");
        assert_eq!(log_line(b"\xff\xfe"), "\u{fffd}\u{fffd}");
        assert_eq!(log_line(b"unfinished \x1b[38;5"), "unfinished ␛[38;5");
        assert_eq!(log_line(b"\x1b(Bcharset"), "charset");
    }

    #[test]
    fn colours_become_styles() {
        let (text, runs) = coloured_line(b"\x1b[1;31mred\x1b[0m plain \x1b[32m\x1b[4mend");
        let red = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
        let green = Style::new()
            .fg(Color::Green)
            .add_modifier(Modifier::UNDERLINED);
        let run = |from, style| Run { from, style };
        assert_eq!(
            (text.as_str(), runs),
            (
                "red plain end",
                vec![run(0, red), run(3, Style::new()), run(10, green)]
            )
        );
        assert_eq!(coloured_line(b"\x1b[31m\x1b[0mplain").1, []);
        assert_eq!(
            coloured_line(b"\x1b[?31mplain\x1b[>4m").1,
            [],
            "other sequences that end in m"
        );
        let many = coloured_line(&b"\x1b[31mx\x1b[32my".repeat(2_000)).1;
        assert_eq!(many.len(), MAX_RUNS);
        let cut = coloured_line(&[&b"\x1b[31m"[..], &b"x".repeat(90_000)].concat()).1;
        assert_eq!(
            cut.last(),
            Some(&run(MAX_CHARS, Style::new())),
            "that it was cut is not the writer's"
        );
    }

    #[test]
    fn nothing_that_comes_out_is_a_control_character() {
        let every: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
        for text in [
            log_line(&every),
            printable(&String::from_utf8_lossy(&every)),
        ] {
            assert!(text.chars().all(|c| !c.is_control()), "{text:?}");
        }
    }

    #[test]
    fn long_lines_are_cut_and_marked() {
        let long = "x".repeat(90_000);
        let shown = log_line(long.as_bytes());
        assert_eq!(shown, format!("{}{CUT}", "x".repeat(MAX_CHARS)));
        assert_eq!(printable(&long), shown);
        let wide = "é".repeat(90_000);
        assert_eq!(
            log_line(wide.as_bytes()).chars().count(),
            MAX_CHARS + CUT.chars().count()
        );
    }

    #[test]
    fn combining_marks_are_bounded() {
        let piled = format!("a{}b", "\u{301}".repeat(500));
        assert_eq!(log_line(piled.as_bytes()), "a\u{301}\u{301}b");
        assert_eq!(log_line("\u{301}a".as_bytes()), "a");
        let of = |marks: usize| printable(&format!("a{}", "\u{301}".repeat(marks)));
        assert_eq!(of(3), "a\u{301}\u{301}<U+0301>");
        assert_eq!(printable("\u{301}a"), "<U+0301>a");
        for marks in 0..20 {
            assert_ne!(of(marks), of(marks + 1));
            assert_eq!(printable(&of(marks)), of(marks), "twice as once");
        }
    }
}
