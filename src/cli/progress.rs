//! [`Progress`]: what is being waited for, on a line of standard error that is erased when it is
//! over.

use std::io::{self, IsTerminal, Write};

use crate::spec::sanitize;

/// One line that is written over. Without a terminal it is silent.
pub(super) struct Progress {
    shown: bool,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { shown: false }
    }

    /// Shows `line` in place of the one before.
    pub(super) fn say(&mut self, line: &str) {
        let mut error = io::stderr().lock();
        if error.is_terminal() {
            // without wrapping (DECAWM off), so that one erase takes all of it; a failed write
            // costs nothing but the line
            let _ = write!(error, "\r\x1b[2K\x1b[?7l{}\x1b[?7h", sanitize(line));
            let _ = error.flush();
            self.shown = true;
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(io::stderr(), "\r\x1b[2K");
        }
    }
}
