//! [`Look`]: looking into something on behalf of a tab, one look at a time, in a thread of its own.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use super::spawn;
use crate::manager::{Engine, Error, EventStream};
use crate::record::LoggedEvent;
use crate::spec::ContainerId;
use crate::tui::message::{Message, Seen};

/// The most bytes shown of a file.
const FILE_BYTES: usize = 256 * 1024;

/// What is to be looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// The processes of these containers.
    Processes(Vec<ContainerId>),
    /// How this container is held apart.
    Isolation(ContainerId),
    /// The host.
    Host,
    /// What can be read of what the host can do.
    Facts,
    /// What happened since the last look.
    Events,
    /// What this container changed.
    Changes(ContainerId),
    /// A file that this container changed.
    File(ContainerId, String),
}

/// Looks, and remembers how far the events were read.
#[derive(Default)]
pub struct Lookout {
    event_stream: Option<Box<dyn EventStream>>,
}

impl Lookout {
    /// Looks into `what` and waits for what is seen.
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
            Look::Host => Seen::Host(engine.host_sheet()),
            Look::Facts => Seen::Facts(engine.facts_sheet()),
            Look::Events => Seen::Events(self.happened(engine)),
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

    fn happened(&mut self, engine: &dyn Engine) -> Result<Vec<LoggedEvent>, Error> {
        if self.event_stream.is_none() {
            self.event_stream = Some(engine.event_stream()?);
        }
        self.event_stream
            .as_mut()
            .map_or(Ok(Vec::new()), |event_stream| event_stream.read())
    }
}

/// The thread that looks.
pub(super) struct Looker {
    asked: Sender<Look>,
}

impl Looker {
    /// Starts the thread.
    pub(super) fn start(engine: Arc<dyn Engine>, sender: &Sender<Message>) -> Self {
        let (asked, looks) = channel();
        let answers = sender.clone();
        spawn("look", sender, move || {
            let mut lookout = Lookout::default();
            while let Ok(look) = looks.recv() {
                if answers
                    .send(Message::Seen(Box::new(lookout.look(&*engine, look))))
                    .is_err()
                {
                    return;
                }
            }
        });
        Self { asked }
    }

    /// Asks for one look.
    pub(super) fn look(&self, what: Look) {
        // the thread ends only with the screen
        let _ = self.asked.send(what);
    }
}
