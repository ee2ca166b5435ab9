//! [`Surface`]: what a screen is drawn on.

use std::io;

use super::model::{HitMap, Model};

/// What a screen is drawn on: a terminal, or a page in a browser.
pub trait Surface {
    /// Columns and rows now.
    fn size(&self) -> (u16, u16);

    /// Draws `model`; returns what was drawn where.
    ///
    /// # Errors
    /// When whoever looks is gone.
    fn draw(&mut self, model: &Model) -> io::Result<HitMap>;

    /// Puts `text` on the clipboard of whoever looks.
    ///
    /// # Errors
    /// Why it cannot be put there, in words.
    fn copy(&mut self, text: &str) -> Result<(), String>;

    /// Forgets what is shown: the next frame is drawn whole.
    ///
    /// # Errors
    /// When whoever looks is gone.
    fn redraw(&mut self) -> io::Result<()>;

    /// Goes into the background until it is called back.
    ///
    /// # Errors
    /// When there is nothing to go back to.
    fn suspend(&mut self) -> io::Result<()>;
}
