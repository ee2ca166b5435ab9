//! `events`: the stream of container events, from the oldest one kept.

use super::{Error, Manager};
use crate::record::{EventReader, LoggedEvent};

/// Reads the stream of events incrementally.
#[derive(Debug)]
pub struct EventSource {
    reader: EventReader,
}

impl EventSource {
    /// The events since the last call. Never blocks; [`Manager::watch`] does.
    ///
    /// # Errors
    /// When the stream cannot be read.
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
    /// The events of all containers, from the oldest one kept.
    ///
    /// # Errors
    /// When the stream cannot be opened.
    pub fn events(&self) -> Result<EventSource, Error> {
        let reader = EventReader::open(&self.store().events()).map_err(unreadable)?;
        Ok(EventSource { reader })
    }
}
