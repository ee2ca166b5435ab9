//! Reading a log on and on: one thread for the log on the screen, which reads only when asked, so that a container that writes faster
//! than anyone can read fills neither the channel nor the memory.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use super::spawn;
use crate::manager::{Engine, Error, LogChunk, LogSource};
use crate::spec::ContainerId;
use crate::tui::message::Message;
use crate::tui::model::LogLine;
use crate::tui::sanitise::{MAX_CHARS, log_line};

/// How often a log without news is looked at.
const POLL: Duration = Duration::from_millis(250);
/// Lines of a tail: as many as the tallest card shows, and some.
const TAIL: usize = 50;
/// The most chunks read at once.
const CHUNKS: usize = 1_000;
/// The most lines kept of what is read at once: the newest.
const LINES: usize = 5_000;
/// The most bytes kept of what is read at once.
const BYTES: usize = 8 << 20;
/// How long one batch is gathered before it is shown.
const GATHER: Duration = Duration::from_millis(100);
/// The most bytes kept of one line: what is shown of it and a little more.
const LINE_BYTES: usize = MAX_CHARS * 4 + 4;

/// What one reading brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogBatch {
    /// Whose log.
    pub id: ContainerId,
    /// Lines left out before the first of `lines`, because there were too many.
    pub skipped: u64,
    /// The new lines, sanitised.
    pub lines: Vec<LogLine>,
    /// The last line while it has no end yet.
    pub unfinished: Option<LogLine>,
}

/// The thread that reads one log. Dropping it ends the thread.
pub struct LogReader {
    wanted: Sender<()>,
}

impl LogReader {
    /// Opens the log of `id`; nothing is read before [`LogReader::read_on`].
    pub fn open(engine: Arc<dyn Engine>, id: ContainerId, sender: Sender<Message>) -> Self {
        let (wanted, asked) = channel();
        let answers = sender.clone();
        spawn("log", &sender, move || {
            if let Err(error) = follow(&*engine, &id, &asked, &answers) {
                let _ = answers.send(Message::Log(Err(error)));
            }
        });
        Self { wanted }
    }

    /// Asks for one batch, as soon as there is something new.
    pub fn read_on(&self) {
        // the thread ended because the log cannot be read: that was said
        let _ = self.wanted.send(());
    }
}

fn follow(engine: &dyn Engine, id: &ContainerId, asked: &Receiver<()>, answers: &Sender<Message>) -> Result<(), Error> {
    let mut source = engine.log(id)?;
    let mut lines = Lines::default();
    let mut first = true;
    while asked.recv().is_ok() {
        loop {
            let read = lines.gather(&mut *source)?;
            if read || first {
                first = false;
                if answers.send(Message::Log(Ok(lines.batch(id)))).is_err() {
                    return Ok(());
                }
                break;
            }
            if asked.recv_timeout(POLL) == Err(RecvTimeoutError::Disconnected) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The last lines of the log of `id`, as it is now.
///
/// # Errors
/// When the log cannot be read.
pub fn tail(engine: &dyn Engine, id: &ContainerId) -> Result<LogBatch, Error> {
    let mut source = engine.log(id)?;
    let mut lines = Lines::default();
    while lines.gather(&mut *source)? {
        let spare = lines.whole.len().saturating_sub(TAIL);
        lines.whole.drain(..spare);
    }
    Ok(lines.batch(id))
}

/// Chunks being put together to lines.
#[derive(Default)]
struct Lines {
    skipped: u64,
    bytes: usize,
    whole: VecDeque<LogChunk>,
    open: Option<LogChunk>,
}

impl Lines {
    /// Reads what there is, for a while; says whether there was anything.
    fn gather(&mut self, source: &mut dyn LogSource) -> Result<bool, Error> {
        let started = Instant::now();
        let mut any = false;
        loop {
            let chunks = source.read(CHUNKS)?;
            if chunks.is_empty() {
                return Ok(any);
            }
            any = true;
            for chunk in chunks {
                self.push(chunk);
            }
            if started.elapsed() > GATHER {
                return Ok(true);
            }
        }
    }

    fn push(&mut self, chunk: LogChunk) {
        let full = chunk.full;
        let line = match self.open.take() {
            Some(mut open) if open.stderr == chunk.stderr => {
                let room = LINE_BYTES.saturating_sub(open.bytes.len());
                open.bytes.extend(chunk.bytes.into_iter().take(room));
                open
            }
            // the other stream began a line before this one's ended: each gets a line of its own
            Some(open) => {
                self.keep(open);
                chunk
            }
            None => chunk,
        };
        if full {
            self.keep(line);
        } else {
            self.open = Some(line);
        }
    }

    fn keep(&mut self, mut line: LogChunk) {
        line.bytes.truncate(LINE_BYTES);
        self.bytes += line.bytes.len();
        self.whole.push_back(line);
        while self.whole.len() > LINES || self.bytes > BYTES {
            let Some(oldest) = self.whole.pop_front() else { break };
            self.bytes -= oldest.bytes.len();
            self.skipped += 1;
        }
    }

    fn batch(&mut self, id: &ContainerId) -> LogBatch {
        let line = |chunk: &LogChunk| LogLine { at: chunk.at, stderr: chunk.stderr, text: log_line(&chunk.bytes) };
        self.bytes = 0;
        LogBatch {
            id: id.clone(),
            skipped: std::mem::take(&mut self.skipped),
            lines: self.whole.drain(..).map(|chunk| line(&chunk)).collect(),
            unfinished: self.open.as_ref().map(line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(text: &str, stderr: bool, full: bool) -> LogChunk {
        LogChunk { at: jiff::Timestamp::UNIX_EPOCH, stderr, bytes: text.as_bytes().to_vec(), full }
    }

    fn gathered(chunks: Vec<LogChunk>) -> (Vec<String>, Option<String>) {
        let mut lines = Lines::default();
        for chunk in chunks {
            lines.push(chunk);
        }
        let batch = lines.batch(&ContainerId::from_random([0; 6]));
        let texts = batch.lines.into_iter().map(|line| line.text).collect();
        (texts, batch.unfinished.map(|line| line.text))
    }

    #[test]
    fn parts_become_lines_and_an_open_end_is_shown_too() {
        let (lines, open) = gathered(vec![
            chunk("one ", false, false),
            chunk("line", false, true),
            chunk("whole", false, true),
            chunk("prompt> ", false, false),
        ]);
        assert_eq!((lines, open.as_deref()), (vec!["one line".into(), "whole".into()], Some("prompt> ")));
    }

    #[test]
    fn the_two_streams_are_never_joined() {
        let (lines, open) = gathered(vec![chunk("out", false, false), chunk("err", true, true), chunk("put", false, true)]);
        assert_eq!((lines, open), (vec!["out".into(), "err".into(), "put".into()], None));
    }

    #[test]
    fn a_line_without_end_is_bounded() {
        let part = "x".repeat(10_000);
        let (lines, open) = gathered((0..1_000).map(|_| chunk(&part, false, false)).collect());
        assert!(lines.is_empty());
        assert!(open.is_some_and(|text| text.ends_with("(cut)") && text.len() <= LINE_BYTES));
    }
}
