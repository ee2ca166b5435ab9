//! Shells: two threads each, one that reads on request (so that a flood of output stays in its
//! terminal) and one that writes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use super::spawn;
use crate::manager::{Engine, Shell, ShellOutput};
use crate::spec::ContainerId;
use crate::sys::tty::WindowSize;
use crate::tui::message::{Message, ShellEvent};
use crate::tui::model::ShellId;

/// The most bytes taken from a shell at once.
const BYTES: usize = 64 * 1024;
/// The most bytes of pending input, enough for a few pastes: the program may never read, and can
/// make its terminal answer without end.
const MAX_TYPED: usize = 1 << 20;

/// A call to a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShellCall {
    /// Open it in this container, in a terminal of this size.
    Open(ContainerId, WindowSize),
    /// Read once: one [`Message::Shell`] as soon as there is output.
    Read,
    /// Type these bytes.
    Write(Vec<u8>),
    /// Give its terminal this size.
    Resize(WindowSize),
    /// Hang up.
    Close,
}

/// A shell that is being opened, open, or closed before it opened.
#[derive(Default)]
struct Slot {
    shell: Option<Arc<dyn Shell>>,
    size: Option<WindowSize>,
    closed: bool,
}

struct Line {
    wanted: Sender<()>,
    typed: Sender<Vec<u8>>,
    /// Bytes typed and not read yet.
    waiting: Arc<AtomicUsize>,
    slot: Arc<Mutex<Slot>>,
}

/// The open shells.
pub(super) struct ShellLines {
    engine: Arc<dyn Engine>,
    sender: Sender<Message>,
    lines: BTreeMap<ShellId, Line>,
}

impl ShellLines {
    /// None yet.
    pub(super) fn new(engine: Arc<dyn Engine>, sender: Sender<Message>) -> Self {
        Self {
            engine,
            sender,
            lines: BTreeMap::new(),
        }
    }

    /// Performs `call` without blocking.
    pub(super) fn run(&mut self, id: ShellId, call: ShellCall) {
        if let ShellCall::Open(container, size) = call {
            let line = self.open(id, container, size);
            self.lines.insert(id, line);
            return;
        }
        let Some(line) = self.lines.get(&id) else {
            return;
        };
        match call {
            ShellCall::Open(..) => {}
            // ignored: the threads have ended and reported it
            ShellCall::Read => drop(line.wanted.send(())),
            ShellCall::Write(bytes)
                if line.waiting.load(Ordering::Relaxed) + bytes.len() > MAX_TYPED =>
            {
                let _ = self
                    .sender
                    .send(Message::Shell(id, ShellEvent::InputDropped));
            }
            ShellCall::Write(bytes) => {
                line.waiting.fetch_add(bytes.len(), Ordering::Relaxed);
                // the same
                let _ = line.typed.send(bytes);
            }
            ShellCall::Resize(size) => {
                let mut slot = line.slot.lock().unwrap_or_else(PoisonError::into_inner);
                slot.size = Some(size);
                if let Some(shell) = &slot.shell {
                    shell.resize(size);
                }
            }
            ShellCall::Close => {
                let mut slot = line.slot.lock().unwrap_or_else(PoisonError::into_inner);
                slot.closed = true;
                if let Some(shell) = slot.shell.take() {
                    shell.close();
                }
                drop(slot);
                self.lines.remove(&id);
            }
        }
    }

    fn open(&self, id: ShellId, container: ContainerId, size: WindowSize) -> Line {
        let (wanted, asked) = channel();
        let (typed, keys) = channel::<Vec<u8>>();
        let (slot, waiting) = (
            Arc::new(Mutex::new(Slot::default())),
            Arc::new(AtomicUsize::new(0)),
        );
        let typed_on = Arc::clone(&waiting);
        let (engine, sender, held, answers) = (
            Arc::clone(&self.engine),
            self.sender.clone(),
            Arc::clone(&slot),
            self.sender.clone(),
        );
        spawn("shell", &self.sender, move || {
            let tell = |news| answers.send(Message::Shell(id, news));
            let shell: Arc<dyn Shell> = match engine.shell(&container, size) {
                Ok(shell) => Arc::from(shell),
                Err(error) => return drop(tell(ShellEvent::Failed(error))),
            };
            {
                let mut slot = held.lock().unwrap_or_else(PoisonError::into_inner);
                if slot.closed {
                    return shell.close();
                }
                if let Some(size) = slot.size {
                    shell.resize(size);
                }
                slot.shell = Some(Arc::clone(&shell));
            }
            let typist = Arc::clone(&shell);
            spawn("typist", &sender, move || {
                while let Ok(bytes) = keys.recv() {
                    if typist.write(&bytes).is_err() {
                        return;
                    }
                    typed_on.fetch_sub(bytes.len(), Ordering::Relaxed);
                }
            });
            if tell(ShellEvent::Opened).is_err() {
                return;
            }
            while asked.recv().is_ok() {
                let (news, over) = match shell.read(BYTES) {
                    Ok(ShellOutput::Bytes(bytes)) => (ShellEvent::Output(bytes), false),
                    Ok(ShellOutput::Ended(code)) => (ShellEvent::Ended(code), true),
                    Err(error) => (ShellEvent::Failed(error), true),
                };
                if tell(news).is_err() || over {
                    break;
                }
            }
            // the terminal closes with the last that holds it
            held.lock().unwrap_or_else(PoisonError::into_inner).shell = None;
        });
        Line {
            wanted,
            typed,
            waiting,
            slot,
        }
    }
}
