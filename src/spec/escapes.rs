//! What makes untrusted text safe to show, in two ways.
//!
//! Names (of files, processes, groups, images; labels, commands, messages) are shown by [`sanitize`]
//! with every control character and every invisible one written out: nothing is removed, so that
//! two names that differ look different.
//!
//! Logs are shown by [`Scanner`], which separates control sequences from text, since programs colour
//! their output. A complete escape sequence (ECMA-48) is removed; one that is incomplete, or longer
//! than [`MAX_SEQUENCE`], is shown as text, so that an unterminated sequence cannot hide what
//! follows. Text may be fed in pieces cut anywhere, within a sequence or a character: the output is
//! the same.

use std::borrow::Cow;

/// The longest sequence recognised, in bytes (titles, links, clipboards); also bounds the scanner's
/// buffer.
const MAX_SEQUENCE: usize = 4096;

/// Output of a [`Scanner`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A character that is safe to show: no control character except tab, and none that reorders or
    /// hides others.
    Text(char),
    /// A complete `CSI … m` that sets colours and weights and conceals nothing; optional to apply.
    Colour(&'a str),
}

/// The state of a scanner within a sequence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Within {
    #[default]
    Text,
    /// After ESC.
    Escape,
    /// After ESC and intermediates.
    Intermediates,
    /// After CSI.
    Control,
    /// After OSC, DCS, SOS, PM or APC.
    Str,
    /// After an ESC in one of these: its terminator, or its abort.
    StrEscape,
}

/// Reads text piece by piece.
#[derive(Debug, Clone, Default)]
pub struct Scanner {
    within: Within,
    /// The unfinished sequence. Only its first character (and the ESC of `StrEscape`) can begin a
    /// sequence, so it never has to be rescanned when it is given up.
    held: String,
    /// The first bytes of an incomplete UTF-8 character.
    cut: Vec<u8>,
}

impl Scanner {
    /// Continues with `text`, passing what may be shown to `out`.
    pub fn text(&mut self, text: &str, out: &mut impl FnMut(Piece<'_>)) {
        if !self.cut.is_empty() {
            self.cut.clear();
            self.push('\u{fffd}', out);
        }
        for c in text.chars() {
            self.push(c, out);
        }
    }

    /// As [`Scanner::text`] for bytes: invalid UTF-8 becomes `�`, as in
    /// [`String::from_utf8_lossy`].
    pub fn bytes(&mut self, bytes: &[u8], out: &mut impl FnMut(Piece<'_>)) {
        let joined;
        let mut rest = bytes;
        if !self.cut.is_empty() {
            joined = [&std::mem::take(&mut self.cut), bytes].concat();
            rest = &joined;
        }
        let mut chunks = rest.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            chunk.valid().chars().for_each(|c| self.push(c, out));
            let invalid = chunk.invalid();
            let unfinished = chunks.peek().is_none()
                && std::str::from_utf8(invalid).is_err_and(|error| error.error_len().is_none());
            if unfinished {
                self.cut = invalid.to_vec();
            } else if !invalid.is_empty() {
                self.push('\u{fffd}', out);
            }
        }
    }

    /// Ends the text: an unfinished sequence is shown. The next text starts fresh.
    pub fn end(&mut self, out: &mut impl FnMut(Piece<'_>)) {
        self.text("", out);
        self.give_up(out);
    }

    fn push(&mut self, c: char, out: &mut impl FnMut(Piece<'_>)) {
        use Within::{Control, Escape, Intermediates, Str, StrEscape, Text};
        let next = match (self.within, c) {
            (StrEscape, '\\') | (Str, '\u{7}' | '\u{9c}') => return self.take(c, out),
            (StrEscape, _) => {
                self.held.pop();
                self.give_up(out);
                self.hold(Escape, '\u{1b}', out);
                return self.push(c, out);
            }
            (Str, '\u{1b}') => StrEscape,
            (Str, c) if !c.is_control() => Str,
            (Text, '\u{1b}') => Escape,
            (Text, '\u{9b}') | (Escape, '[') => Control,
            (Text, '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}')
            | (Escape, ']' | 'P' | 'X' | '^' | '_') => Str,
            (Text, c) => return show(c, out),
            (Control, ' '..='?') => Control,
            (Escape | Intermediates, ' '..='/') => Intermediates,
            (Control, '@'..='~') | (Escape | Intermediates, '0'..='~') => return self.take(c, out),
            (Control | Escape | Intermediates | Str, c) => {
                self.give_up(out);
                return self.push(c, out);
            }
        };
        self.hold(next, c, out);
    }

    /// `c` belongs to the sequence.
    fn hold(&mut self, within: Within, c: char, out: &mut impl FnMut(Piece<'_>)) {
        self.within = within;
        self.held.push(c);
        if self.held.len() > MAX_SEQUENCE {
            self.give_up(out);
        }
    }

    /// `c` ends the sequence: it is removed, or passed on when it is a colour.
    fn take(&mut self, c: char, out: &mut impl FnMut(Piece<'_>)) {
        if self.within == Within::Control
            && c == 'm'
            && colours_only(self.held.trim_start_matches(['\u{1b}', '[', '\u{9b}']))
        {
            self.held.push(c);
            out(Piece::Colour(&self.held));
        }
        self.within = Within::Text;
        self.held.clear();
    }

    /// The buffer is not a sequence: it is shown.
    fn give_up(&mut self, out: &mut impl FnMut(Piece<'_>)) {
        self.within = Within::Text;
        self.held.drain(..).for_each(|c| show(c, out));
    }
}

/// Whether SGR `parameters` only set colours and weights: none conceals (8), and all are numbers.
fn colours_only(parameters: &str) -> bool {
    let mut numbers = parameters.split([';', ':']);
    while let Some(number) = numbers.next() {
        match number {
            // what follows is one colour: by its number or by red, green and blue
            "38" | "48" | "58" => match numbers.next() {
                Some("5") => drop(numbers.next()),
                Some("2") => drop(numbers.nth(2)),
                _ => return false,
            },
            "8" | "08" => return false,
            number if number.len() > 3 || !number.bytes().all(|b| b.is_ascii_digit()) => {
                return false;
            }
            _ => {}
        }
    }
    parameters
        .bytes()
        .all(|b| b.is_ascii_digit() || b == b';' || b == b':')
}

fn show(c: char, out: &mut impl FnMut(Piece<'_>)) {
    if let Some(c) = shown(c) {
        out(Piece::Text(c));
    }
}

/// `c` or its replacement: control characters become pictures (`␊`, `␛`), characters that reorder
/// or hide text become `�`. `None`: zero-width characters, joiners and variation selectors, which
/// terminals render differently, are dropped.
fn shown(c: char) -> Option<char> {
    match c {
        '\t' => Some(c),
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)),
        '\u{7f}' => Some('\u{2421}'),
        '\u{80}'..='\u{9f}' // C1 controls
        | '\u{61c}'
        | '\u{200e}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' // separators, embeddings, overrides
        | '\u{2066}'..='\u{2069}' // isolates
        | '\u{fff9}'..='\u{fffb}' // annotations
        | '\u{e0000}'..='\u{e007f}' => Some('\u{fffd}'), // tags
        '\u{ad}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200d}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' // variation selectors
        | '\u{feff}'
        | '\u{e0080}'..='\u{e0fff}' => None,
        c => Some(c),
    }
}

/// Whether it is a control character, is invisible, or reorders, hides or changes its neighbours.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    c == '\t' || shown(c) != Some(c) || is_blank(c)
}

/// Whether it is empty space, or nothing, without being a space: blanks of other widths, and what
/// Unicode calls default ignorable.
fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\u{a0}'
        | '\u{34f}' // joins combining characters
        | '\u{115f}'..='\u{1160}' // fillers
        | '\u{1680}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{2000}'..='\u{200a}'
        | '\u{202f}'
        | '\u{205f}'
        | '\u{2800}'
        | '\u{3000}'
        | '\u{3164}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
    )
}

/// Passes on `c`, or what stands for it when it is unsafe: the picture of an ASCII control
/// character (`␛`), else its number (`<U+202E>`).
pub fn write_visibly(c: char, out: &mut impl FnMut(char)) {
    match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c))
            .into_iter()
            .for_each(out),
        '\u{7f}' => out('\u{2421}'),
        c if is_unsafe(c) => number(c).chars().for_each(out),
        c => out(c),
    }
}

/// A name of any `bytes` as text; a byte that is not UTF-8 is written `<FF>`.
#[must_use]
pub fn name_of(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("<{byte:02X}>"));
        }
    }
    text
}

/// A log line without its control sequences and colours: see [`Scanner`].
#[must_use]
pub fn logged(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut out = |piece: Piece<'_>| {
        if let Piece::Text(c) = piece {
            safe.push(c);
        }
    };
    let mut scanner = Scanner::default();
    scanner.text(text, &mut out);
    scanner.end(&mut out);
    safe
}

/// `<U+202E>`.
#[must_use]
pub fn number(c: char) -> String {
    format!("<U+{:04X}>", u32::from(c))
}

/// `text` as one line with nothing invisible in it: see [`write_visibly`].
#[must_use]
pub fn sanitize(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    text.chars()
        .for_each(|c| write_visibly(c, &mut |c| safe.push(c)));
    Cow::Owned(safe)
}

#[cfg(test)]
#[path = "escapes_tests.rs"]
mod tests;
