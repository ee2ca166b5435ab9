//! [`LogEnd`]: the last lines of one log, kept up to date. A log that grows faster than it may be
//! read is read from near its end again: a look never costs more than a few hundred KiB.

use std::collections::VecDeque;

use super::follow::Lines;
use crate::manager::{Engine, Error, LogSource};
use crate::spec::ContainerId;
use crate::tui::model::LogLine;

/// How much before the end of a log is read first.
const NEAR_END: u64 = 64 << 10;
/// The most bytes read of it at once.
const MAX_READ: usize = 256 << 10;
/// Chunks between two looks at how much was read.
const CHUNKS: usize = 16;
/// The most lines kept: more than the tallest screen shows.
const MAX_LINES: usize = 120;

/// The end of the log of one container.
pub(super) struct LogEnd {
    id: ContainerId,
    source: Box<dyn LogSource>,
    lines: Lines,
    kept: VecDeque<LogLine>,
}

impl LogEnd {
    /// Opens the log of `id`.
    pub(super) fn open(engine: &dyn Engine, id: &ContainerId) -> Result<Self, Error> {
        Ok(Self {
            id: id.clone(),
            source: engine.log_near_end(id, NEAR_END)?,
            lines: Lines::new(0, MAX_LINES, MAX_READ),
            kept: VecDeque::new(),
        })
    }

    /// Whose log it is.
    pub(super) fn id(&self) -> &ContainerId {
        &self.id
    }

    /// Reads what is new; the last lines, sanitised, oldest first.
    pub(super) fn read(&mut self, engine: &dyn Engine) -> Result<Vec<LogLine>, Error> {
        if !self.read_on()? {
            *self = Self::open(engine, &self.id)?;
            // what is written meanwhile is shown by the next look
            self.read_on()?;
        }
        let mut lines: Vec<LogLine> = self.kept.iter().cloned().collect();
        lines.extend(self.lines.unfinished());
        Ok(lines)
    }

    /// Reads to the end; `false` when that is too far.
    fn read_on(&mut self) -> Result<bool, Error> {
        let mut read = 0;
        let at_end = loop {
            let chunks = self.source.read(CHUNKS)?;
            if chunks.is_empty() {
                break true;
            }
            for chunk in chunks {
                read += chunk.bytes.len();
                self.lines.push(chunk);
            }
            if read > MAX_READ {
                break false;
            }
        };
        self.kept.extend(self.lines.take());
        let surplus = self.kept.len().saturating_sub(MAX_LINES);
        self.kept.drain(..surplus);
        Ok(at_end)
    }
}
