//! `events`: what happened to containers, from the oldest line kept, and on as it happens.

use super::{Error, Manager};
use crate::record::{EventReader, LoggedEvent};

/// Reads the stream of what happened on and on.
#[derive(Debug)]
pub struct EventSource {
    reader: EventReader,
}

impl EventSource {
    /// What was not returned before; empty when nothing new happened. Never waits:
    /// [`Manager::watch`] does.
    ///
    /// # Errors
    /// When the stream has become unreadable.
    pub fn read(&mut self) -> Result<Vec<LoggedEvent>, Error> {
        self.reader.read().map_err(unreadable)
    }
}

fn unreadable(error: std::io::Error) -> Error {
    Error::System {
        message: format!("cannot read the events: {error}"),
        hint: None,
    }
}

impl Manager {
    /// What happened to containers, from the oldest event kept.
    ///
    /// # Errors
    /// When the stream cannot be opened.
    pub fn events(&self) -> Result<EventSource, Error> {
        let reader = EventReader::open(&self.store().events()).map_err(unreadable)?;
        Ok(EventSource { reader })
    }
}
