//! [`Inbox`]: the messages of a viewer's screen. Input and broadcast messages wait in bounded
//! queues; the results of its own effects need no bound.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::tui::Messages;
use crate::tui::message::{Input, Message};

/// Maximum of queued keys, clicks and pastes: in number, and in bytes of text.
const MAX_INPUTS: usize = 1_000;
const MAX_BYTES: usize = 256 << 10;
/// Maximum number of queued broadcast messages; the newest are kept.
const MAX_BROADCASTS: usize = 64;

/// The receiving end, read by the screen's thread.
pub(super) struct Inbox {
    answers: Receiver<Message>,
    queue: Arc<Queue>,
}

/// The sending end.
pub struct Queue {
    held: Mutex<Connection>,
    wake: Sender<Message>,
}

#[derive(Default)]
struct Connection {
    inputs: VecDeque<Input>,
    bytes: usize,
    broadcasts: VecDeque<Message>,
    /// Whether the reader was woken and has not read yet.
    woken: bool,
    closed: bool,
}

/// More input is queued than a person produces.
#[derive(Debug, PartialEq, Eq)]
pub struct Flooded;

/// Creates both ends. `answers` receives what the viewer's own effects send to `wake`.
pub(super) fn inbox(wake: Sender<Message>, answers: Receiver<Message>) -> (Arc<Queue>, Inbox) {
    let queue = Arc::new(Queue {
        held: Mutex::default(),
        wake,
    });
    (Arc::clone(&queue), Inbox { answers, queue })
}

impl Queue {
    fn held(&self) -> MutexGuard<'_, Connection> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The reader blocks on the channel of the answers: any message there wakes it.
    fn wake(&self, held: &mut Connection) {
        if !std::mem::replace(&mut held.woken, true) {
            // an error means that the reader is gone
            let _ = self.wake.send(Message::Clock(Timestamp::now()));
        }
    }

    /// Queues input. Of consecutive resizes and drags, only the newest is kept.
    ///
    /// # Errors
    /// [`Flooded`] when too much is queued already.
    pub fn push_input(&self, input: Input) -> Result<(), Flooded> {
        let mut held = self.held();
        match &input {
            Input::Resize(..) => held
                .inputs
                .retain(|waiting| !matches!(waiting, Input::Resize(..))),
            Input::Drag(..) if matches!(held.inputs.back(), Some(Input::Drag(..))) => {
                drop(held.inputs.pop_back())
            }
            _ => {}
        }
        let bytes = size(&input);
        if held.inputs.len() >= MAX_INPUTS || held.bytes + bytes > MAX_BYTES {
            return Err(Flooded);
        }
        held.bytes += bytes;
        held.inputs.push_back(input);
        self.wake(&mut held);
        Ok(())
    }

    /// Queues a broadcast message; returns whether the reader still exists.
    pub fn send(&self, message: Message) -> bool {
        let mut held = self.held();
        if held.closed {
            return false;
        }
        if held.broadcasts.len() >= MAX_BROADCASTS {
            // settings are rare, and not sent again
            let oldest = held
                .broadcasts
                .iter()
                .position(|broadcasts| !matches!(broadcasts, Message::Settings(_)))
                .unwrap_or(0);
            held.broadcasts.remove(oldest);
        }
        held.broadcasts.push_back(message);
        self.wake(&mut held);
        true
    }
}

fn size(input: &Input) -> usize {
    match input {
        Input::Paste(text) => text.len(),
        _ => 0,
    }
}

impl Inbox {
    fn queued(&self) -> Option<Message> {
        let mut held = self.queue.held();
        if let Some(input) = held.inputs.pop_front() {
            held.bytes -= size(&input);
            return Some(Message::Input(input));
        }
        held.broadcasts.pop_front()
    }

    /// `message`, unless it is only the wake-up.
    fn unless_waking(&self, message: Message) -> Option<Message> {
        if matches!(message, Message::Clock(_)) {
            self.queue.held().woken = false;
            return None;
        }
        Some(message)
    }
}

impl Messages for Inbox {
    fn wait(&self, patience: Option<Duration>) -> Result<Message, RecvTimeoutError> {
        loop {
            if let Some(message) = self.queued() {
                return Ok(message);
            }
            let message = match patience {
                Some(patience) => self.answers.recv_timeout(patience)?,
                None => self
                    .answers
                    .recv()
                    .map_err(|_| RecvTimeoutError::Disconnected)?,
            };
            if let Some(message) = self.unless_waking(message) {
                return Ok(message);
            }
        }
    }

    fn ready(&self) -> Option<Message> {
        loop {
            if let Some(message) = self.queued() {
                return Some(message);
            }
            let message = self.answers.try_recv().ok()?;
            if let Some(message) = self.unless_waking(message) {
                return Some(message);
            }
        }
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        let mut held = self.queue.held();
        *held = Connection {
            closed: true,
            ..Connection::default()
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> (Arc<Queue>, Inbox) {
        let (sender, receiver) = std::sync::mpsc::channel();
        inbox(sender, receiver)
    }

    #[test]
    fn resizes_and_drags_are_merged_and_keys_are_not() {
        let (queue, inbox) = made();
        let key = Input::Key("x".parse().unwrap());
        for n in 0..5_000 {
            queue.push_input(Input::Resize(n, 1)).unwrap();
            if n % 1_000 == 0 {
                queue.push_input(key.clone()).unwrap();
            }
        }
        for n in 0..5_000 {
            queue.push_input(Input::Drag(n, 1)).unwrap();
        }
        let left: Vec<_> = std::iter::from_fn(|| inbox.ready()).collect();
        let mut wanted = vec![key; 5];
        wanted.extend([Input::Resize(4_999, 1), Input::Drag(4_999, 1)]);
        assert_eq!(
            left,
            wanted.into_iter().map(Message::Input).collect::<Vec<_>>()
        );
    }

    #[test]
    fn the_queue_is_bounded() {
        let (queue, inbox) = made();
        let key = || Input::Key("x".parse().unwrap());
        assert_eq!(
            (0..MAX_INPUTS)
                .map(|_| queue.push_input(key()))
                .filter(Result::is_ok)
                .count(),
            MAX_INPUTS
        );
        assert_eq!(queue.push_input(key()), Err(Flooded));
        assert!(inbox.wait(Some(Duration::ZERO)).is_ok());
        assert_eq!(queue.push_input(key()), Ok(()));
        let (queue, inbox) = made();
        assert_eq!(
            queue.push_input(Input::Paste("x".repeat(MAX_BYTES))),
            Ok(())
        );
        assert_eq!(queue.push_input(Input::Paste("x".into())), Err(Flooded));
        for n in 0..1_000 {
            assert!(queue.send(Message::Fatal(n.to_string())));
        }
        let left: Vec<_> = std::iter::from_fn(|| inbox.ready()).collect();
        assert_eq!(
            (left.len(), left.last()),
            (1 + MAX_BROADCASTS, Some(&Message::Fatal("999".into())))
        );
        drop(inbox);
        assert!(
            !queue.send(Message::Fatal(String::new())),
            "the reader is gone"
        );
    }

    #[test]
    fn a_sleeping_reader_is_woken() {
        let (queue, inbox) = made();
        let reader = std::thread::spawn(move || (inbox.wait(None), inbox.wait(None)));
        queue.push_input(Input::Release).unwrap();
        while !queue.held().inputs.is_empty() {
            std::thread::yield_now();
        }
        assert!(queue.send(Message::Fatal("news".into())));
        let heard = reader.join().unwrap();
        assert_eq!(
            heard,
            (
                Ok(Message::Input(Input::Release)),
                Ok(Message::Fatal("news".into()))
            )
        );
    }
}
