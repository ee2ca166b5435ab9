//! [`Look`]: a tab's query to the engine, one at a time, in its own thread.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use super::log_end::LogEnd;
use super::spawn;
use crate::manager::{Engine, Error, EventStream};
use crate::record::LoggedEvent;
use crate::spec::ContainerId;
use crate::tui::message::{Message, Seen};
use crate::tui::model::LogLine;

/// The most bytes shown of a file.
const FILE_BYTES: usize = 256 * 1024;

/// The most processes of a container that are compared in the Overview: each costs three files a
/// look, and a look comes every tick.
const MAX_COMPARED: usize = 200;

/// What a tab wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// The end of the log of this container, and its processes if it is `alive`.
    Overview {
        /// The container.
        id: ContainerId,
        /// Whether it has processes.
        alive: bool,
    },
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
    /// The image of this name: the host image, or a root filesystem.
    Image(String, Option<PathBuf>),
    /// The events since the last look.
    Events,
    /// The files that this container changed.
    Changes(ContainerId),
    /// A file that this container changed.
    File(ContainerId, String),
}

/// Answers looks; keeps the positions in the events and in a log.
#[derive(Default)]
pub struct LookRunner {
    event_stream: Option<Box<dyn EventStream>>,
    log: Option<LogEnd>,
}

impl LookRunner {
    /// Answers `what`; blocks until the engine has replied.
    pub fn look(&mut self, engine: &dyn Engine, what: Look) -> Seen {
        match what {
            Look::Overview { id, alive } => Seen::Overview {
                log: self.log_end(engine, &id),
                processes: alive.then(|| engine.processes_up_to(&id, MAX_COMPARED)),
                id,
            },
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
            Look::Image(name, root) => {
                let seen = engine.image_sheet(root.as_deref());
                Seen::Image(name, seen)
            }
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

    fn log_end(&mut self, engine: &dyn Engine, id: &ContainerId) -> Result<Vec<LogLine>, Error> {
        let mut log = match self.log.take().filter(|log| log.id() == id) {
            Some(log) => log,
            None => LogEnd::open(engine, id)?,
        };
        // after an error it is opened again
        let lines = log.read(engine)?;
        self.log = Some(log);
        Ok(lines)
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
