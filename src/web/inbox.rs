//! [`Inbox`]: what a viewer's screen hears, and how much of it may wait. What its person does and
//! what everybody is told come through queues with an end; what its own effects answer is as much
//! as was asked for.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::tui::Messages;
use crate::tui::message::{Input, Message};

/// The most keys, clicks and pastes that may wait: in number, and in bytes of text.
const MAX_INPUTS: usize = 1_000;
const MAX_BYTES: usize = 256 << 10;
/// The most that may wait of what everybody is told; of more, the newest are kept.
const MAX_NEWS: usize = 64;

/// The end that the screen's thread reads.
pub(super) struct Inbox {
    answers: Receiver<Message>,
    queue: Arc<Queue>,
}

/// The end that is written to.
pub struct Queue {
    held: Mutex<Held>,
    wake: Sender<Message>,
}

#[derive(Default)]
struct Held {
    inputs: VecDeque<Input>,
    bytes: usize,
    news: VecDeque<Message>,
    /// Whether the reader has been woken and has not looked yet.
    woken: bool,
    closed: bool,
}

/// More waits than a person can have meant.
#[derive(Debug, PartialEq, Eq)]
pub struct Flooded;

/// Both ends, with `answers` for what the viewer's own effects send to `wake`.
pub(super) fn inbox(wake: Sender<Message>, answers: Receiver<Message>) -> (Arc<Queue>, Inbox) {
    let queue = Arc::new(Queue {
        held: Mutex::default(),
        wake,
    });
    (Arc::clone(&queue), Inbox { answers, queue })
}

impl Queue {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The reader sleeps on the channel of the answers: one message there is enough, whatever it
    /// is.
    fn wake(&self, held: &mut Held) {
        if !std::mem::replace(&mut held.woken, true) {
            // a reader that is gone needs no waking
            let _ = self.wake.send(Message::Clock(Timestamp::now()));
        }
    }

    /// Takes what the person did. Of sizes, and of places that the mouse is dragged over, only the
    /// newest counts.
    ///
    /// # Errors
    /// [`Flooded`] when too much waits already.
    pub fn take_input(&self, input: Input) -> Result<(), Flooded> {
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

    /// Takes what everybody is told; says whether there is still somebody to hear it.
    pub fn tell(&self, message: Message) -> bool {
        let mut held = self.held();
        if held.closed {
            return false;
        }
        if held.news.len() >= MAX_NEWS {
            // settings come seldom, and are not told again
            let oldest = held
                .news
                .iter()
                .position(|news| !matches!(news, Message::Settings(_)))
                .unwrap_or(0);
            held.news.remove(oldest);
        }
        held.news.push_back(message);
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
        held.news.pop_front()
    }

    /// `message`, unless it only says that something is queued.
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
        *held = Held {
            closed: true,
            ..Held::default()
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
    fn sizes_and_drags_are_merged_and_keys_are_not() {
        let (queue, inbox) = made();
        let key = Input::Key("x".parse().unwrap());
        for n in 0..5_000 {
            queue.take_input(Input::Resize(n, 1)).unwrap();
            if n % 1_000 == 0 {
                queue.take_input(key.clone()).unwrap();
            }
        }
        for n in 0..5_000 {
            queue.take_input(Input::Drag(n, 1)).unwrap();
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
    fn there_is_an_end_to_what_waits() {
        let (queue, inbox) = made();
        let key = || Input::Key("x".parse().unwrap());
        assert_eq!(
            (0..MAX_INPUTS)
                .map(|_| queue.take_input(key()))
                .filter(Result::is_ok)
                .count(),
            MAX_INPUTS
        );
        assert_eq!(queue.take_input(key()), Err(Flooded));
        assert!(inbox.wait(Some(Duration::ZERO)).is_ok());
        assert_eq!(queue.take_input(key()), Ok(()));
        let (queue, inbox) = made();
        assert_eq!(
            queue.take_input(Input::Paste("x".repeat(MAX_BYTES))),
            Ok(())
        );
        assert_eq!(queue.take_input(Input::Paste("x".into())), Err(Flooded));
        for n in 0..1_000 {
            assert!(queue.tell(Message::Fatal(n.to_string())));
        }
        let left: Vec<_> = std::iter::from_fn(|| inbox.ready()).collect();
        assert_eq!(
            (left.len(), left.last()),
            (1 + MAX_NEWS, Some(&Message::Fatal("999".into())))
        );
        drop(inbox);
        assert!(
            !queue.tell(Message::Fatal(String::new())),
            "nobody hears it"
        );
    }

    #[test]
    fn a_sleeping_reader_is_woken() {
        let (queue, inbox) = made();
        let reader = std::thread::spawn(move || (inbox.wait(None), inbox.wait(None)));
        queue.take_input(Input::Release).unwrap();
        while !queue.held().inputs.is_empty() {
            std::thread::yield_now();
        }
        assert!(queue.tell(Message::Fatal("news".into())));
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
