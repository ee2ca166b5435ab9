//! [`Tails`]: the last lines of logs, read one log at a time in one thread. Only the newest waiting
//! request is kept, because keys come faster than a long log is read.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::spawn;
use super::tail;
use crate::manager::Engine;
use crate::spec::ContainerId;
use crate::tui::message::Message;

#[derive(Default)]
struct Request {
    id: Option<ContainerId>,
    over: bool,
}

/// The thread that reads tails; it ends when this is dropped.
pub(super) struct Tails(Arc<(Mutex<Request>, Condvar)>);

impl Tails {
    /// Starts the thread.
    pub(super) fn start(engine: Arc<dyn Engine>, sender: &Sender<Message>) -> Self {
        let shared = Arc::new((Mutex::new(Request::default()), Condvar::new()));
        let (own, answers) = (Arc::clone(&shared), sender.clone());
        spawn("tail", sender, move || {
            while let Some(id) = next(&own) {
                let superseded = || {
                    let wanted = own.0.lock().unwrap_or_else(PoisonError::into_inner);
                    wanted.over || wanted.id.is_some()
                };
                let read = tail(&*engine, &id, &superseded);
                if !superseded() && answers.send(Message::Tail(read)).is_err() {
                    return;
                }
            }
        });
        Self(shared)
    }

    /// Requests the last lines of the log of `id`, replacing a request that has not begun.
    pub(super) fn read(&self, id: ContainerId) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).id = Some(id);
        self.0.1.notify_one();
    }
}

impl Drop for Tails {
    fn drop(&mut self) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).over = true;
        self.0.1.notify_one();
    }
}

fn next(shared: &(Mutex<Request>, Condvar)) -> Option<ContainerId> {
    let wanted = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
    let waits = |wanted: &mut Request| wanted.id.is_none() && !wanted.over;
    let mut wanted = shared
        .1
        .wait_while(wanted, waits)
        .unwrap_or_else(PoisonError::into_inner);
    if wanted.over { None } else { wanted.id.take() }
}
