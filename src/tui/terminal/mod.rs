//! [`Terminal`]: sets up the terminal and restores it on quit, panic, signal and Ctrl-Z.
//!
//! Every frame goes out in one write, bracketed in a synchronized update (DEC private mode 2026);
//! an unchanged frame writes nothing.

mod clipboard;
mod input;
mod screen;
mod signals;

use std::io::{self, Stdout, Write, stdout};
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ThreadId};

use crossterm::cursor::Show;
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste};
use crossterm::style::{Print, force_color_output};
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getppid, getsid};
use ratatui::layout::{Position, Rect, Size};

pub use input::{read_input, translate};
pub use screen::Screen;
pub use signals::Signals;

use super::model::{HitMap, Model};
use super::surface::Surface;
use super::view::view;

/// Buttons and drags with coordinates of any size (xterm modes 1000, 1002, 1006). crossterm also
/// enables reports of every motion, which would flood a slow line.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";

/// The size assumed when the terminal does not report one.
const DEFAULT_SIZE: Size = Size::new(80, 24);

/// Whether the terminal is set up now, for the panic hook.
static TAKEN: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// The terminal while it is set up. Dropping it restores it.
pub struct Terminal {
    terminal: ratatui::Terminal<Screen<Stdout>>,
}

impl Terminal {
    /// Sets up the terminal: raw mode, alternate screen, mouse, bracketed paste.
    ///
    /// # Errors
    /// When there is no terminal or it cannot be set up.
    pub fn take() -> io::Result<Self> {
        restore_on_panic(thread::current().id());
        // the theme handles NO_COLOR; crossterm's own handling would reset reverse video
        force_color_output(true);
        enter()?;
        let mut terminal = ratatui::Terminal::new(Screen::new(stdout(), size()))?;
        terminal.clear()?;
        Ok(Self { terminal })
    }
}

impl Surface for Terminal {
    fn size(&self) -> Size {
        size()
    }

    fn draw(&mut self, model: &Model) -> io::Result<HitMap> {
        self.terminal.backend_mut().set_size(model.size);
        let mut hits = HitMap::default();
        self.terminal.draw(|frame| hits = view(model, frame))?;
        Ok(hits)
    }

    fn copy(&mut self, text: &str) -> Result<(), String> {
        let sequence = clipboard::osc52(text, std::env::var_os("TMUX").is_some())?;
        let mut out = stdout();
        out.write_all(sequence.as_bytes())
            .and_then(|()| out.flush())
            .map_err(|error| error.to_string())
    }

    fn redraw(&mut self) -> io::Result<()> {
        // crossterm assumes that raw mode is still on, although a shell may have changed it
        disable_raw_mode()?;
        enter()?;
        let size = size();
        self.terminal.backend_mut().set_size(size);
        self.terminal.resize(Rect::from((Position::ORIGIN, size)))
    }

    fn suspend(&mut self) -> io::Result<()> {
        // without a parent in the session there is no shell to type `fg` into
        let session = getsid(None).map_err(io::Error::from)?;
        if getsid(Some(getppid())).ok() != Some(session) {
            return Err(io::Error::other("no shell to go back to"));
        }
        leave();
        // 0: every process of the job, as the terminal itself would do, so that sudo and cargo stop
        // too
        let stopped = kill(Pid::from_raw(0), Signal::SIGSTOP);
        self.redraw()?;
        stopped.map_err(io::Error::from)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        leave();
    }
}

fn size() -> Size {
    match crossterm::terminal::size() {
        Ok((width, height)) if width > 0 && height > 0 => Size::new(width, height),
        _ => DEFAULT_SIZE,
    }
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(
        stdout(),
        EnterAlternateScreen,
        Print(MOUSE_ON),
        EnableBracketedPaste
    )
}

/// Restores the terminal. Errors are ignored: there is nowhere left to show them.
fn leave() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = stdout();
    let _ = queue!(
        out,
        DisableBracketedPaste,
        DisableMouseCapture,
        LeaveAlternateScreen,
        Show
    );
    let _ = out.flush();
    let _ = disable_raw_mode();
}

/// A panic of the drawing thread restores the terminal before it is printed. A panic of another
/// thread becomes a message instead of being printed across the screen.
fn restore_on_panic(screen: ThreadId) {
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if thread::current().id() == screen {
                leave();
            }
            if !TAKEN.load(Ordering::SeqCst) {
                previous(info);
            }
        }));
    });
}
