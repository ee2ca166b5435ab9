//! Making text of unknown origin safe to draw: no escape sequence, no control character, no reordering, a bounded length.
//!
//! Container names are safe by their alphabet, but commands, log lines and error messages hold whatever bytes somebody chose.

/// The most characters kept of one line.
pub const MAX_CHARS: usize = 16_384;

/// What a cut line ends in.
const CUT: &str = "… (cut)";

/// The most combining characters kept on one base character.
const MAX_COMBINING: usize = 2;

/// Tab stops in logs, as terminals have them.
const TAB_WIDTH: usize = 8;

/// One line of `text`, safe to draw. Control characters become their pictures (`␛`), so that what is hidden elsewhere is seen here;
/// what has no width or reorders text is dropped; beyond [`MAX_CHARS`] it is cut, and says so.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut out = Line::new(text.len());
    for c in text.chars() {
        out.push(picture(c));
    }
    out.finish()
}

/// One log line: invalid UTF-8 becomes `�`, escape sequences (ECMA-48) are taken out whole, tabs are expanded, and of a line that was
/// overwritten with carriage returns the last version stays, as a terminal would have shown it.
#[must_use]
pub fn log_line(bytes: &[u8]) -> String {
    let end = bytes.iter().rposition(|b| !matches!(b, b'\r' | b'\n')).map_or(0, |last| last + 1);
    let kept = &bytes[..end];
    let start = kept.iter().rposition(|b| *b == b'\r').map_or(0, |cr| cr + 1);
    // four bytes a character at most: what cannot be kept need not be decoded
    let (head, rest) = kept[start..].split_at((kept.len() - start).min(MAX_CHARS * 4));
    let text = String::from_utf8_lossy(head);
    let mut out = Line::new(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => skip_escape(&mut chars),
            '\u{9b}' => skip_control_sequence(&mut chars),
            '\t' => {
                for _ in 0..TAB_WIDTH - out.kept % TAB_WIDTH {
                    out.push(' ');
                }
            }
            c => out.push(picture(c)),
        }
    }
    out.cut |= !rest.is_empty();
    out.finish()
}

/// `c`, or what stands for it.
fn picture(c: char) -> char {
    match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{2028}' | '\u{2029}' => '\u{fffd}',
        c => c,
    }
}

/// Characters without a width of their own that reorder text, join emoji or hide: terminals disagree about all of them.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

struct Line {
    text: String,
    kept: usize,
    combining: usize,
    cut: bool,
}

impl Line {
    fn new(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes.min(MAX_CHARS)), kept: 0, combining: 0, cut: false }
    }

    fn push(&mut self, c: char) {
        if is_invisible(c) {
            return;
        }
        if unicode_width::UnicodeWidthChar::width(c) == Some(0) {
            self.combining += 1;
            // a mark with nothing to stand on would combine with what is drawn before it
            if self.combining > MAX_COMBINING || self.kept == 0 {
                return;
            }
        } else {
            self.combining = 0;
        }
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

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// After ESC: a control sequence, a string up to its terminator, or a short escape.
fn skip_escape(chars: &mut Chars<'_>) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            skip_control_sequence(chars);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            while let Some(c) = chars.next() {
                if c == '\u{7}' || c == '\u{9c}' {
                    return;
                }
                if c == '\u{1b}' {
                    chars.next_if_eq(&'\\');
                    return;
                }
            }
        }
        _ => {
            while chars.next_if(|c| (' '..='/').contains(c)).is_some() {}
            chars.next_if(|c| ('0'..='~').contains(c));
        }
    }
}

/// Parameters and intermediates up to the final character; anything else ends a broken sequence.
fn skip_control_sequence(chars: &mut Chars<'_>) {
    while chars.next_if(|c| (' '..='?').contains(c)).is_some() {}
    chars.next_if(|c| ('@'..='~').contains(c));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_seen_not_obeyed() {
        assert_eq!(printable("a\x1b[2Jb\nc\x7f"), "a␛[2Jb␊c␡");
        assert_eq!(printable("safe\u{202e}txt.exe\u{200b}"), "safetxt.exe");
        assert_eq!(printable("\u{9b}31m"), "\u{fffd}31m");
    }

    #[test]
    fn log_lines_lose_their_sequences() {
        assert_eq!(log_line(b"\x1b[1;31mred\x1b[0m plain\r"), "red plain");
        assert_eq!(log_line(b"\x1b]0;title\x07text"), "text");
        assert_eq!(log_line(b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\"), "link");
        assert_eq!(log_line(b"\x1bP1$r0m\x1b\\after"), "after");
        assert_eq!(log_line(b"10%\r20%\r100%\r\n"), "100%");
        assert_eq!(log_line(b"a\tb"), "a       b");
        assert_eq!(log_line(b"\xff\xfe"), "\u{fffd}\u{fffd}");
        assert_eq!(log_line(b"unfinished \x1b[38;5"), "unfinished ");
        assert_eq!(log_line(b"\x1b(Bcharset"), "charset");
    }

    #[test]
    fn nothing_that_comes_out_is_a_control_character() {
        let every: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
        for text in [log_line(&every), printable(&String::from_utf8_lossy(&every))] {
            assert!(text.chars().all(|c| !c.is_control()), "{text:?}");
        }
    }

    #[test]
    fn long_lines_are_cut_and_say_so() {
        let long = "x".repeat(90_000);
        let shown = log_line(long.as_bytes());
        assert_eq!(shown, format!("{}{CUT}", "x".repeat(MAX_CHARS)));
        assert_eq!(printable(&long), shown);
        let wide = "é".repeat(90_000);
        assert_eq!(log_line(wide.as_bytes()).chars().count(), MAX_CHARS + CUT.chars().count());
    }

    #[test]
    fn piled_up_marks_are_cut() {
        let piled = format!("a{}b", "\u{301}".repeat(500));
        assert_eq!(printable(&piled), "a\u{301}\u{301}b");
        assert_eq!(printable("\u{301}a"), "a");
    }
}
