//! [`Page`]: the surface that a viewer's screen is drawn on. A frame holds the changes since the
//! last one; without changes nothing is sent.

use std::io;

use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Rect, Size};
use tokio::sync::mpsc::Sender;
use unicode_width::UnicodeWidthStr;

use super::wire::{Run, ServerMessage, color, modifiers};
use crate::tui::Surface;
use crate::tui::model::{HitMap, Model};
use crate::tui::view::view;

/// A page that receives `frames`.
pub(super) struct Page {
    terminal: Terminal<Cells>,
    frames: Sender<String>,
}

impl Page {
    /// A page of `size` columns and rows.
    ///
    /// # Errors
    /// None in practice: drawing cells cannot fail.
    pub(super) fn new(frames: Sender<String>, size: Size) -> io::Result<Self> {
        let cells = Cells {
            size,
            whole: true,
            runs: Vec::new(),
            cursor: None,
            sent: None,
        };
        Ok(Self {
            terminal: Terminal::new(cells)?,
            frames,
        })
    }

    /// Sends a message; blocks until the one before is being sent, so that no frame is drawn in
    /// vain.
    fn send(&self, message: &ServerMessage) -> io::Result<()> {
        self.frames
            .blocking_send(message.text())
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Surface for Page {
    fn size(&self) -> Size {
        self.terminal.backend().size
    }

    fn draw(&mut self, model: &Model) -> io::Result<HitMap> {
        self.terminal.backend_mut().size = model.size;
        let mut hits = HitMap::default();
        self.terminal.draw(|frame| hits = view(model, frame))?;
        if let Some(frame) = self.terminal.backend_mut().take() {
            self.send(&frame)?;
        }
        Ok(hits)
    }

    fn copy(&mut self, text: &str) -> Result<(), String> {
        self.send(&ServerMessage::Copy(text.to_owned()))
            .map_err(|error| error.to_string())
    }

    fn redraw(&mut self) -> io::Result<()> {
        let Size { width, height } = self.terminal.backend().size;
        self.terminal.resize(Rect::new(0, 0, width, height))
    }

    fn suspend(&mut self) -> io::Result<()> {
        Err(io::Error::other("not possible in a browser"))
    }
}

/// A backend that collects what is drawn.
struct Cells {
    size: Size,
    whole: bool,
    runs: Vec<Run>,
    cursor: Option<Position>,
    /// The cursor as last sent; `None` before the first frame.
    sent: Option<Option<Position>>,
}

impl Cells {
    /// The frame, if anything has changed.
    fn take(&mut self) -> Option<ServerMessage> {
        if !self.whole && self.runs.is_empty() && self.sent == Some(self.cursor) {
            return None;
        }
        self.sent = Some(self.cursor);
        Some(ServerMessage::Frame {
            size: (self.size.width, self.size.height),
            whole: std::mem::take(&mut self.whole),
            cursor: self.cursor.map(|at| (at.x, at.y)),
            runs: std::mem::take(&mut self.runs),
        })
    }

    fn put(&mut self, x: u16, y: u16, cell: &Cell) {
        let (fg, bg, how) = (color(cell.fg), color(cell.bg), modifiers(cell.modifier));
        let symbol = cell.symbol();
        let width = u16::try_from(symbol.width()).unwrap_or(1).max(1);
        if width != 1 || symbol.chars().nth(1).is_some() {
            return self
                .runs
                .push(Run(x, y, fg, bg, how, symbol.to_owned(), Some(width)));
        }
        if let Some(Run(left, row, run_fg, run_bg, run_how, text, None)) = self.runs.last_mut()
            && *row == y
            && usize::from(*left) + text.chars().count() == usize::from(x)
            && (&*run_fg, &*run_bg, *run_how) == (&fg, &bg, how)
        {
            return text.push_str(symbol);
        }
        self.runs
            .push(Run(x, y, fg, bg, how, symbol.to_owned(), None));
    }
}

impl Backend for Cells {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        for (x, y, cell) in content {
            self.put(x, y, cell);
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.cursor = None;
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.cursor = Some(position.into());
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.whole = true;
        self.runs.clear();
        Ok(())
    }

    fn clear_region(&mut self, _: ClearType) -> io::Result<()> {
        self.clear()
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
        Ok(())
    }
}
