//! [`Scanner`]: what a terminal would obey, told from what it would show, in text of unknown
//! origin. The one place that decides it: tables, sheets, logs and the screen all show what comes
//! out of here.
//!
//! Commands, log lines and error messages hold whatever bytes somebody chose. A complete escape
//! sequence (ECMA-48) is taken out; one that is broken off, or longer than [`LONGEST`], is shown as
//! text, so that nothing is hidden by opening a sequence and never ending it. Text may come in
//! pieces cut anywhere, within a sequence or a character: what comes out is the same.

use std::borrow::Cow;

/// The longest sequence taken for one, in bytes: titles, links and clipboards. This bounds what a
/// scanner holds, too.
const LONGEST: usize = 4096;

/// What comes out of a [`Scanner`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A character that is safe to show: neither a control character, but for the tab, nor one that
    /// reorders or hides others.
    Text(char),
    /// A whole `CSI … m` that sets colours and weights and hides nothing: for who wants it; to be
    /// left out otherwise.
    Colour(&'a str),
}

/// Where a scanner stands within a sequence.
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
    /// After an ESC in one of these: its end, or its breaking off.
    StrEscape,
}

/// Reads text piece by piece.
#[derive(Debug, Clone, Default)]
pub struct Scanner {
    within: Within,
    /// The sequence begun and not ended. Its first character is the only one in it that begins a
    /// sequence, but for the ESC of `StrEscape`: so giving it up never means reading it again.
    held: String,
    /// The beginning of a UTF-8 character whose rest is not there yet.
    cut: Vec<u8>,
}

impl Scanner {
    /// Reads on in `text`, and hands what is to be shown to `out`.
    pub fn text(&mut self, text: &str, out: &mut impl FnMut(Piece<'_>)) {
        if !self.cut.is_empty() {
            self.cut.clear();
            self.push('\u{fffd}', out);
        }
        for c in text.chars() {
            self.push(c, out);
        }
    }

    /// As [`Scanner::text`] for bytes: what is no UTF-8 is `�`, as [`String::from_utf8_lossy`] has
    /// it.
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

    /// The text ended: what was begun and not ended is shown. The next text begins anew.
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
        if self.held.len() > LONGEST {
            self.give_up(out);
        }
    }

    /// `c` ends the sequence: it goes, and is handed out when it is a colour.
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

    /// What was held is no sequence: it is shown.
    fn give_up(&mut self, out: &mut impl FnMut(Piece<'_>)) {
        self.within = Within::Text;
        self.held.drain(..).for_each(|c| show(c, out));
    }
}

/// Whether SGR `parameters` set colours and weights alone: not those that conceal (8) or that are
/// no numbers.
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

/// `c`, or what stands for it: control characters have pictures (`␊`, `␛`), what reorders text or
/// carries hidden text is `�`. `None`: it has no width, joins or varies what stands beside it, and
/// terminals disagree about it, so it is left out.
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

/// Whether a terminal obeys it, or it reorders, hides or changes what stands beside it.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    shown(c) != Some(c)
}

/// `text` without anything that a terminal obeys, as one line: see [`Scanner`].
#[must_use]
pub fn sanitize(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    let mut out = |piece: Piece<'_>| {
        if let Piece::Text(c) = piece {
            safe.push(c);
        }
    };
    let mut scanner = Scanner::default();
    scanner.text(text, &mut out);
    scanner.end(&mut out);
    Cow::Owned(safe)
}

#[cfg(test)]
#[path = "escapes_tests.rs"]
mod tests;
