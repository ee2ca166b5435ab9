//! [`Surface`]: what a screen is drawn on.

use std::io;

use ratatui::layout::Size;

use super::model::{HitMap, Model};

/// What a screen is drawn on: a terminal, or a page in a browser.
pub trait Surface {
    /// The current size in cells.
    fn size(&self) -> Size;

    /// Draws `model`; returns what was drawn where.
    ///
    /// # Errors
    /// When the terminal or the viewer is gone.
    fn draw(&mut self, model: &Model) -> io::Result<HitMap>;

    /// Copies `text` to the user's clipboard.
    ///
    /// # Errors
    /// Why it cannot be copied, as text for the user.
    fn copy(&mut self, text: &str) -> Result<(), String>;

    /// Makes the next frame a full redraw.
    ///
    /// # Errors
    /// When the terminal or the viewer is gone.
    fn redraw(&mut self) -> io::Result<()>;

    /// Suspends the process until it is continued (SIGCONT).
    ///
    /// # Errors
    /// When there is no shell to return to.
    fn suspend(&mut self) -> io::Result<()>;
}
