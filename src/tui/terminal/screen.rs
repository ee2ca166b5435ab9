//! [`Screen`]: a ratatui backend that buffers a frame and sends it in one write, or nothing if it
//! is unchanged.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

/// Begin and end of a synchronized update (DEC private mode 2026): the terminal shows the frame
/// when it is complete.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// The buffered frame, shared with the backend that writes into it.
#[derive(Debug, Clone, Default)]
struct Gathered(Rc<RefCell<Vec<u8>>>);

impl Write for Gathered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    /// Does nothing: the frame is sent when it is complete.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A backend that writes whole frames to `W`.
#[derive(Debug)]
pub struct Screen<W: Write> {
    out: W,
    gathered: Gathered,
    inner: CrosstermBackend<Gathered>,
    size: Size,
    /// Where the cursor is shown; `None` while it is hidden; unknown before the first frame.
    cursor: Option<Option<Position>>,
    shown_at: Position,
}

impl<W: Write> Screen<W> {
    /// A screen of `size` cells that writes to `out`.
    pub fn new(out: W, size: Size) -> Self {
        let gathered = Gathered::default();
        Self {
            out,
            inner: CrosstermBackend::new(gathered.clone()),
            gathered,
            size,
            cursor: None,
            shown_at: Position::ORIGIN,
        }
    }

    /// Resizes the screen to `size` cells.
    pub fn set_size(&mut self, size: Size) {
        self.size = size;
    }
}

impl<W: Write> Backend for Screen<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        // drawing moves the cursor
        if matches!(self.cursor, Some(Some(_))) {
            self.cursor = None;
        }
        self.inner.draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.cursor != Some(None) {
            self.inner.hide_cursor()?;
            self.cursor = Some(None);
        }
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if !matches!(self.cursor, Some(Some(_))) {
            self.inner.show_cursor()?;
        }
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.shown_at)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.cursor != Some(Some(position)) {
            self.inner.set_cursor_position(position)?;
            self.cursor = Some(Some(position));
            self.shown_at = position;
        }
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.cursor = None;
        self.inner.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.cursor = None;
        self.inner.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize {
            columns_rows: self.size,
            pixels: Size::ZERO,
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut frame = self.gathered.0.borrow_mut();
        if frame.is_empty() {
            return Ok(());
        }
        let whole = [BEGIN, &frame, END].concat();
        frame.clear();
        drop(frame);
        self.out.write_all(&whole)?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::Terminal;
    use ratatui::style::Style;

    #[derive(Clone, Default)]
    struct Sink(Rc<RefCell<Vec<Vec<u8>>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().push(bytes.to_vec());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn draw(terminal: &mut Terminal<Screen<Sink>>, text: &str, cursor: Option<Position>) {
        terminal
            .draw(|frame| {
                frame.buffer_mut().set_string(0, 0, text, Style::new());
                if let Some(position) = cursor {
                    frame.set_cursor_position(position);
                }
            })
            .unwrap();
    }

    #[test]
    fn a_frame_is_one_synchronized_write_and_an_equal_one_none() {
        let sink = Sink::default();
        let mut terminal = Terminal::new(Screen::new(sink.clone(), Size::new(20, 2))).unwrap();
        draw(&mut terminal, "hello", None);
        let writes = sink.0.borrow().clone();
        assert_eq!(writes.len(), 1);
        assert!(writes[0].starts_with(BEGIN) && writes[0].ends_with(END));
        assert!(writes[0].windows(5).any(|w| w == b"hello"));
        for _ in 0..3 {
            draw(&mut terminal, "hello", None);
        }
        assert_eq!(sink.0.borrow().len(), 1, "an equal frame writes not a byte");
        draw(&mut terminal, "hello", Some(Position::new(3, 1)));
        assert_eq!(sink.0.borrow().len(), 2, "the cursor appears");
        draw(&mut terminal, "hello", Some(Position::new(3, 1)));
        assert_eq!(sink.0.borrow().len(), 2, "and stays");
        draw(&mut terminal, "hellu", Some(Position::new(3, 1)));
        let last = sink.0.borrow()[2].clone();
        assert!(
            last.ends_with(b"\x1b[2;4H\x1b[?2026l"),
            "drawing moved it, so it is put back: {last:?}"
        );
        draw(&mut terminal, "hellu", None);
        assert_eq!(sink.0.borrow()[3], [BEGIN, b"\x1b[?25l", END].concat());
    }
}
