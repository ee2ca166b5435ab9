//! [`LineEdit`]: one line of text being typed.

use crate::tui::sanitise::log_line;

/// The most bytes that can be typed or pasted into one line.
const MAX_BYTES: usize = 32 * 1024;

/// One line of text and the cursor in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineEdit {
    text: String,
    /// A byte offset, always on a character boundary.
    cursor: usize,
}

impl LineEdit {
    /// `text` with the cursor at its end.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            cursor: text.len(),
            text,
        }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text before the cursor.
    #[must_use]
    pub fn before_cursor(&self) -> &str {
        &self.text[..self.cursor]
    }

    /// Types `c`.
    pub fn insert(&mut self, c: char) {
        if self.text.len() + c.len_utf8() <= MAX_BYTES {
            self.text.insert(self.cursor, c);
            self.cursor += c.len_utf8();
        }
    }

    /// Inserts pasted text, its lines joined by spaces, without control sequences.
    pub fn paste(&mut self, pasted: &str) {
        let line = pasted
            .trim_end_matches(['\r', '\n'])
            .replace("\r\n", "\n")
            .replace(['\n', '\r', '\t'], " ");
        for c in log_line(line.as_bytes()).chars() {
            self.insert(c);
        }
    }

    /// Cursor one character to the left.
    pub fn left(&mut self) {
        self.cursor -= self.text[..self.cursor]
            .chars()
            .next_back()
            .map_or(0, char::len_utf8);
    }

    /// Cursor one character to the right.
    pub fn right(&mut self) {
        self.cursor += self.text[self.cursor..]
            .chars()
            .next()
            .map_or(0, char::len_utf8);
    }

    /// Cursor to the beginning.
    pub fn home(&mut self) {
        self.cursor = 0;
    }

    /// Cursor to the end.
    pub fn end(&mut self) {
        self.cursor = self.text.len();
    }

    /// Deletes the character before the cursor.
    pub fn delete_before(&mut self) {
        let end = self.cursor;
        self.left();
        self.text.drain(self.cursor..end);
    }

    /// Deletes the character at the cursor.
    pub fn delete_at(&mut self) {
        if self.cursor < self.text.len() {
            self.text.remove(self.cursor);
        }
    }

    /// Deletes the word before the cursor and the space after it.
    pub fn delete_word(&mut self) {
        let before = self.before_cursor().trim_end();
        let space = before.char_indices().rfind(|(_, c)| c.is_whitespace());
        let start = space.map_or(0, |(at, c)| at + c.len_utf8());
        self.text.drain(start..self.cursor);
        self.cursor = start;
    }

    /// Deletes everything before the cursor.
    pub fn delete_line(&mut self) {
        self.text.drain(..self.cursor);
        self.cursor = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_and_deleting_anywhere() {
        let mut line = LineEdit::new("sleep 日本");
        line.left();
        line.insert('é');
        assert_eq!(
            (line.text(), line.before_cursor()),
            ("sleep 日é本", "sleep 日é")
        );
        line.delete_before();
        line.delete_at();
        assert_eq!(line.text(), "sleep 日");
        line.delete_at();
        line.delete_word();
        assert_eq!(line.text(), "sleep ");
        line.delete_word();
        line.delete_before();
        assert_eq!(line.text(), "");
        line.insert('a');
        line.home();
        line.left();
        line.insert('b');
        line.end();
        line.right();
        line.insert('c');
        assert_eq!(line.text(), "bac");
        line.delete_line();
        assert_eq!(line.text(), "");
    }

    #[test]
    fn words_end_at_any_space() {
        let mut line = LineEdit::new("a\u{3000}bc");
        line.delete_word();
        assert!(line.text() == "a\u{3000}", "{:?}", line.text());
    }

    #[test]
    fn pasted_text_is_one_harmless_line() {
        let mut line = LineEdit::default();
        line.paste("echo a\r\necho b\n\x1b[2J");
        assert_eq!(line.text(), "echo a echo b ");
        line.paste(&"x".repeat(100_000));
        assert!(line.text().len() <= MAX_BYTES + 64);
    }
}
