//! [`Look`]: a tab's query to the engine, one at a time, in its own thread.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use super::spawn;
use crate::manager::{Engine, Error, EventStream};
use crate::record::LoggedEvent;
use crate::spec::ContainerId;
use crate::tui::message::{Message, Seen};

/// The most bytes shown of a file.
const FILE_BYTES: usize = 256 * 1024;

/// What a tab wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// The processes of these containers.
    Processes(Vec<ContainerId>),
    /// The isolation of this container.
    Isolation(ContainerId),
    /// The sockets of this container.
    Connections(ContainerId),
    /// The host.
    Host,
    /// The host's capabilities, as far as they can be read without a trial.
    Facts,
    /// The events since the last look.
    Events,
    /// The files that this container changed.
    Changes(ContainerId),
    /// A file that this container changed.
    File(ContainerId, String),
}

/// Answers looks; keeps the position in the events.
#[derive(Default)]
pub struct LookRunner {
    event_stream: Option<Box<dyn EventStream>>,
}

impl LookRunner {
    /// Answers `what`; blocks until the engine has replied.
    pub fn look(&mut self, engine: &dyn Engine, what: Look) -> Seen {
        match what {
            Look::Processes(ids) => Seen::Processes(
                ids.into_iter()
                    .map(|id| {
                        let seen = engine.processes(&id);
                        (id, seen)
                    })
                    .collect(),
            ),
            Look::Isolation(id) => {
                let seen = engine.isolation(&id);
                Seen::Isolation(id, seen)
            }
            Look::Connections(id) => {
                let seen = engine.connections(&id);
                Seen::Connections(id, seen)
            }
            Look::Host => Seen::Host(engine.host_sheet()),
            Look::Facts => Seen::Facts(engine.facts_sheet()),
            Look::Events => Seen::Events(self.new_events(engine)),
            Look::Changes(id) => {
                let seen = engine.changes(&id);
                Seen::Changes(id, seen)
            }
            Look::File(id, path) => {
                let seen = engine.changed_file(&id, &path, FILE_BYTES);
                Seen::File(id, path, seen)
            }
        }
    }

    fn new_events(&mut self, engine: &dyn Engine) -> Result<Vec<LoggedEvent>, Error> {
        if self.event_stream.is_none() {
            self.event_stream = Some(engine.event_stream()?);
        }
        self.event_stream
            .as_mut()
            .map_or(Ok(Vec::new()), |event_stream| event_stream.read())
    }
}

/// The thread that answers looks.
pub(super) struct LookThread {
    asked: Sender<Look>,
}

impl LookThread {
    /// Starts the thread.
    pub(super) fn start(engine: Arc<dyn Engine>, sender: &Sender<Message>) -> Self {
        let (asked, looks) = channel();
        let answers = sender.clone();
        spawn("look", sender, move || {
            let mut runner = LookRunner::default();
            while let Ok(look) = looks.recv() {
                if answers
                    .send(Message::Seen(Box::new(runner.look(&*engine, look))))
                    .is_err()
                {
                    return;
                }
            }
        });
        Self { asked }
    }

    /// Queues one look.
    pub(super) fn look(&self, what: Look) {
        // the thread ends only with the screen
        let _ = self.asked.send(what);
    }
}
