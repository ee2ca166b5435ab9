//! Standard output: whole texts, its width, and whether colours go there.

use std::io::{self, IsTerminal, Write};
use std::os::fd::AsRawFd;

use super::failure::Failure;
use crate::sys::tty;

/// Writes `text` and flushes.
pub(super) fn write(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Columns of the terminal; `None` when standard output is none, and nothing needs to be cut.
pub(super) fn width() -> Option<usize> {
    let size = tty::window_size(io::stdout().as_raw_fd()).ok()?;
    (size.columns > 0).then_some(usize::from(size.columns))
}

/// Whether colours are wanted: on a terminal, unless `NO_COLOR` (no-color.org) or a dumb one says
/// otherwise.
pub(super) fn coloured() -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    io::stdout().is_terminal()
        && set("NO_COLOR").is_none()
        && set("TERM").is_none_or(|term| term != "dumb")
}
