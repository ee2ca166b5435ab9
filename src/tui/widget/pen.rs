//! [`Pen`]: writes styled text from left to right on one row, clipped at its end.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::tui::text;

/// Writes on one row of a buffer. What does not fit ends in an ellipsis.
pub struct Pen<'a> {
    buffer: &'a mut Buffer,
    x: u16,
    y: u16,
    end: u16,
    ellipsis: char,
}

impl<'a> Pen<'a> {
    /// A pen at the beginning of the first row of `area`.
    pub fn new(buffer: &'a mut Buffer, area: Rect, ellipsis: char) -> Self {
        let area = area.intersection(buffer.area);
        Self {
            buffer,
            x: area.x,
            y: area.y,
            // an area outside the buffer is empty
            end: if area.height == 0 {
                area.x
            } else {
                area.right()
            },
            ellipsis,
        }
    }

    /// Writes `text`.
    pub fn put(&mut self, text: &str, style: Style) -> &mut Self {
        let room = usize::from(self.end - self.x);
        if room > 0 && !text.is_empty() {
            let shown = text::truncate(text, room, self.ellipsis);
            self.x = self
                .buffer
                .set_stringn(self.x, self.y, &shown, room, style)
                .0;
        }
        self
    }

    /// Writes one character.
    pub fn symbol(&mut self, c: char, style: Style) -> &mut Self {
        let mut bytes = [0; 4];
        self.put(c.encode_utf8(&mut bytes), style)
    }

    /// Skips `columns`.
    pub fn skip(&mut self, columns: u16) -> &mut Self {
        self.x = (self.x + columns).min(self.end);
        self
    }

    /// Writes `text` right-aligned, if that leaves a space after what is already written.
    pub fn put_right(&mut self, text: &str, style: Style) -> &mut Self {
        let wanted = u16::try_from(text::width(text)).unwrap_or(u16::MAX);
        if wanted < self.end - self.x {
            self.x = self.end - wanted;
            self.put(text, style);
        }
        self
    }

    /// The current column.
    #[must_use]
    pub fn x(&self) -> u16 {
        self.x
    }

    /// Columns left.
    #[must_use]
    pub fn room(&self) -> u16 {
        self.end - self.x
    }
}
