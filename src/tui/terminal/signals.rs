//! The signals thread: signals that would end or stop the process arrive as messages, so that the
//! terminal is restored first.

use std::io;
use std::sync::mpsc::Sender;

use nix::sys::signal::{SigSet, Signal as Number};

use crate::tui::message::{Message, Signal};

/// The signals that come as messages: blocked in every thread, taken by sigwait(3) in one.
#[derive(Debug)]
pub struct Signals {
    taken: SigSet,
    before: SigSet,
}

impl Signals {
    /// Blocks them in this thread and in every thread it starts: call it before starting threads.
    ///
    /// # Errors
    /// When the kernel refuses (pthread_sigmask(3)).
    pub fn block() -> io::Result<Self> {
        let mut taken = SigSet::empty();
        for number in [
            Number::SIGTERM,
            Number::SIGHUP,
            Number::SIGINT,
            Number::SIGQUIT,
            Number::SIGTSTP,
            Number::SIGCONT,
        ] {
            taken.add(number);
        }
        let before = SigSet::thread_get_mask()?;
        taken.thread_block()?;
        Ok(Self { taken, before })
    }

    /// Waits for signals until the screen is gone.
    pub fn forward(taken: &SigSet, sender: &Sender<Message>) {
        while let Ok(number) = taken.wait() {
            let signal = match number {
                Number::SIGTSTP => Signal::Suspend,
                Number::SIGCONT => Signal::Continue,
                _ => Signal::Terminate,
            };
            if sender.send(Message::Signal(signal)).is_err() {
                return;
            }
        }
    }

    /// The set that [`Signals::forward`] waits for.
    #[must_use]
    pub fn taken(&self) -> SigSet {
        self.taken
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        // after the screen, signals have their default effect again
        let _ = self.before.thread_set_mask();
    }
}
