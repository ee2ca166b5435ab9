//! [`Symbols`]: the characters to draw with, in Unicode or in plain ASCII.

/// The characters to draw with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbols {
    /// Whether graphs use braille.
    pub braille: bool,
    /// A full cell of a gauge.
    pub full: char,
    /// Cells from one eighth to seven eighths full; empty where there are none.
    pub eighths: &'static [char],
    /// A cell of the second tone.
    pub second: char,
    /// An unused cell.
    pub track: char,
    /// Columns of eight heights, the lowest first, for one core each.
    pub heights: [char; 8],
    /// Marks the selected row.
    pub marker: char,
    /// Marks a marked row.
    pub mark: char,
    /// Between figures of a line.
    pub dot: char,
    /// A handle, and the handle that the keys move.
    pub handle: [char; 2],
    /// A horizontal line.
    pub line: char,
    /// The same, for what has the focus.
    pub thick_line: char,
    /// A vertical line.
    pub upright: char,
    /// Corners: top left, top right, bottom left, bottom right.
    pub corners: [char; 4],
    /// An ellipsis.
    pub ellipsis: char,
    /// Sorted with the least first, and with the most first.
    pub order: [char; 2],
    /// More above what is shown, and more below.
    pub more: [char; 2],
    /// Before a result.
    pub success: char,
    /// Before an error.
    pub failure: char,
    /// Before progress.
    pub busy: char,
    /// Around a choice: to the previous, to the next.
    pub choice: [char; 2],
    /// Before a group: unfolded, and folded.
    pub fold: [char; 2],
}

impl Symbols {
    /// For terminals that show Unicode.
    pub const UNICODE: Self = Self {
        braille: true,
        full: '█',
        eighths: &['▏', '▎', '▍', '▌', '▋', '▊', '▉'],
        second: '▒',
        track: '·',
        heights: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
        marker: '▌',
        mark: '●',
        dot: '·',
        handle: ['│', '┃'],
        line: '─',
        thick_line: '━',
        upright: '│',
        corners: ['╭', '╮', '╰', '╯'],
        ellipsis: '…',
        order: ['▲', '▼'],
        more: ['↑', '↓'],
        success: '✓',
        failure: '✗',
        busy: '…',
        choice: ['◂', '▸'],
        fold: ['▾', '▸'],
    };

    /// For everything else.
    pub const ASCII: Self = Self {
        braille: false,
        full: '|',
        eighths: &[],
        second: '%',
        track: '.',
        heights: ['.', ':', '-', '=', '+', '*', '%', '#'],
        marker: '>',
        mark: '*',
        dot: '-',
        handle: [']', '}'],
        line: '-',
        thick_line: '=',
        upright: '|',
        corners: ['+', '+', '+', '+'],
        ellipsis: '~',
        order: ['^', 'v'],
        more: ['^', 'v'],
        success: '+',
        failure: '!',
        busy: '~',
        choice: ['<', '>'],
        fold: ['-', '+'],
    };

    /// Unicode when the locale says UTF-8 (`LC_ALL`, then `LC_CTYPE`, then `LANG`, as setlocale(3)
    /// reads them) and the terminal is not the Linux console, whose font has neither braille nor
    /// eighths.
    #[must_use]
    pub fn detect(env: impl Fn(&str) -> Option<String>) -> Self {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .iter()
            .find_map(|name| env(name).filter(|value| !value.is_empty()))
            .unwrap_or_default()
            .to_ascii_lowercase();
        let utf8 = locale.contains("utf-8") || locale.contains("utf8");
        if utf8 && env("TERM").as_deref() != Some("linux") {
            Self::UNICODE
        } else {
            Self::ASCII
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_decides() {
        let detect = |pairs: &'static [(&str, &str)]| {
            Symbols::detect(move |name| {
                pairs
                    .iter()
                    .find(|(n, _)| *n == name)
                    .map(|(_, v)| (*v).to_owned())
            })
        };
        assert_eq!(detect(&[("LANG", "C.UTF-8")]), Symbols::UNICODE);
        assert_eq!(
            detect(&[("LANG", "C.UTF-8"), ("LC_ALL", "C")]),
            Symbols::ASCII
        );
        assert_eq!(
            detect(&[("LANG", "C.UTF-8"), ("TERM", "linux")]),
            Symbols::ASCII
        );
        assert_eq!(detect(&[]), Symbols::ASCII);
    }
}
