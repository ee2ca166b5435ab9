//! Text of unknown origin made safe to show, and words and durations as people write them.
//!
//! Commands, log lines and error messages hold whatever bytes somebody chose: shown raw they could drive the terminal.

use std::borrow::Cow;
use std::time::Duration;

/// `text` without anything that a terminal obeys: complete escape sequences (ECMA-48) are taken out, a newline and every other
/// control character but the tab becomes its picture (`␊`, `␛`), what reorders or hides text becomes `�`.
#[must_use]
pub fn sanitize(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // once a string has no end, no later one has: looking for it again and again would take a hostile text's square
    let mut endless = false;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '\u{1b}' | '\u{90}' | '\u{98}' | '\u{9b}' | '\u{9d}'..='\u{9f}' if !(endless && begins_string(rest)) => {
                let taken = sequence(rest);
                endless |= taken.is_none() && begins_string(rest);
                taken
            }
            _ => None,
        };
        match taken {
            Some(bytes) => rest = &rest[bytes..],
            None => {
                out.push(shown(c));
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    Cow::Owned(out)
}

/// Whether a terminal obeys it, or it reorders or hides what stands beside it.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    c != shown(c)
}

/// `c`, or what stands for it.
fn shown(c: char) -> char {
    match c {
        '\t' => c,
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => '\u{fffd}',
        c => c,
    }
}

/// Whether `text` begins with OSC, DCS, SOS, PM or APC, each of which goes on to a terminator.
fn begins_string(text: &str) -> bool {
    let mut chars = text.chars();
    match chars.next() {
        Some('\u{1b}') => matches!(chars.next(), Some(']' | 'P' | 'X' | '^' | '_')),
        first => matches!(first, Some('\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}')),
    }
}

/// The length in bytes of the escape sequence that `text` begins with; `None` when it is not complete.
fn sequence(text: &str) -> Option<usize> {
    let mut chars = text.char_indices();
    let (_, first) = chars.next()?;
    let kind = if first == '\u{1b}' { chars.next()?.1 } else { first };
    match kind {
        '[' | '\u{9b}' => {
            let (at, last) = chars.find(|(_, c)| !(' '..='?').contains(c))?;
            ('@'..='~').contains(&last).then(|| at + 1)
        }
        // OSC, DCS, SOS, PM, APC: a string up to ST; OSC also up to BEL
        ']' | 'P' | 'X' | '^' | '_' | '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => {
            let mut previous = '\0';
            for (at, c) in chars {
                match c {
                    '\u{7}' | '\u{9c}' => return Some(at + c.len_utf8()),
                    '\\' if previous == '\u{1b}' => return Some(at + 1),
                    _ => previous = c,
                }
            }
            None
        }
        ' '..='/' => {
            let (at, last) = chars.find(|(_, c)| !(' '..='/').contains(c))?;
            ('0'..='~').contains(&last).then(|| at + 1)
        }
        '0'..='~' => Some(2),
        _ => None,
    }
}

/// A command as a shell would need it written, so that it can be copied (POSIX Shell Command Language, 2.2 Quoting).
#[must_use]
pub fn quote_command(words: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    let quote = |word: &String| match word.as_str() {
        word if !word.is_empty() && word.chars().all(plain) => word.to_owned(),
        word => format!("'{}'", word.replace('\'', "'\\''")),
    };
    words.iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// A duration in at most six columns: `12s`, `4m12s`, `3h04m`, `2d03h`, `123d`.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{minutes}m{:02}s", seconds % 60),
        3600..86_400 => format!("{hours}h{:02}m", minutes % 60),
        86_400..8_640_000 => format!("{days}d{:02}h", hours % 24),
        _ => format!("{days}d"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_go_and_controls_are_seen() {
        for (text, safe) in [
            ("plain\ttext é 漢", "plain\ttext é 漢"),
            ("\x1b[1;31mred\x1b[0m", "red"),
            ("\x1b]0;title\x07a\x1b]8;;x\x1b\\b", "ab"),
            ("\u{9b}2Ja\u{9d}0;t\u{9c}b\u{90}q\x1b\\c", "abc"),
            ("\x1b(Ba\x1bcb\x1b7", "ab"),
            ("two\nlines\r", "two␊lines␍"),
            ("\x1b[31", "␛[31"),
            ("\x1b]52;c;never ended", "␛]52;c;never ended"),
            ("\x1b[\x1b[2Jx", "␛[x"),
            ("safe\u{202e}txt.exe", "safe\u{fffd}txt.exe"),
            ("\0\x7f\u{85}", "␀␡\u{fffd}"),
            ("\x1b", "␛"),
        ] {
            assert_eq!(sanitize(text), safe, "{text:?}");
        }
    }

    #[test]
    fn strings_without_an_end_are_looked_through_once() {
        // were each looked through to the end of the text, this would not come back for hours
        let text = "\x1b]x".repeat(1_000_000);
        assert_eq!(sanitize(&text), "␛]x".repeat(1_000_000));
        assert_eq!(sanitize("\x1b]a\x1b[1mb\u{9d}c\x1b[0md"), "␛]ab\u{fffd}cd", "what has an end still goes");
    }

    #[test]
    fn nothing_a_terminal_obeys_comes_out() {
        // every pair of characters that mean something, in front of every other
        let marks = "\x1b\x1b[]P\\;m?\u{9b}\u{9c}\u{9d}\x07\n\0(aé\u{202e}";
        for a in marks.chars() {
            for b in marks.chars() {
                for c in marks.chars() {
                    let text: String = [a, b, c, 'z', '\x1b', '['].iter().collect();
                    let safe = sanitize(&text);
                    assert!(safe.chars().all(|c| !c.is_control()), "{text:?} → {safe:?}");
                    assert_eq!(sanitize(&safe), safe, "sanitizing again changes nothing");
                }
            }
        }
    }

    #[test]
    fn commands_are_quoted_where_a_shell_needs_it() {
        let command = |words: &[&str]| quote_command(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>());
        assert_eq!(command(&["sleep", "10", "--a=b"]), "sleep 10 --a=b");
        assert_eq!(command(&["sh", "-c", "echo 'a'", ""]), r"sh -c 'echo '\''a'\''' ''");
    }

    #[test]
    fn durations() {
        let shown = [0, 59, 60, 3599, 3600, 86_399, 86_400, 8_640_000].map(|s| format_duration(Duration::from_secs(s)));
        assert_eq!(shown, ["0s", "59s", "1m00s", "59m59s", "1h00m", "23h59m", "1d00h", "100d"]);
    }
}
