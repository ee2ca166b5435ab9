//! `logs`: what a container wrote, from the oldest line kept, and on as it grows.

use super::{Error, LogSource, Manager};
use crate::record::{LogChunk, LogReader};
use crate::spec::ContainerId;

struct Log {
    reader: LogReader,
    path: std::path::PathBuf,
}

impl LogSource for Log {
    fn read(&mut self, most: usize) -> Result<Vec<LogChunk>, Error> {
        self.reader.read(most).map_err(|e| unreadable(&self.path, &e))
    }
}

fn unreadable(path: &std::path::Path, error: &std::io::Error) -> Error {
    Error::System { message: format!("cannot read the log {}: {error}", path.display()), hint: None }
}

impl Manager {
    /// Its log from the beginning.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn log(&self, id: &ContainerId) -> Result<Box<dyn LogSource>, Error> {
        let path = self.store().log(id);
        let reader = LogReader::open(&path).map_err(|e| unreadable(&path, &e))?;
        Ok(Box::new(Log { reader, path }))
    }
}
