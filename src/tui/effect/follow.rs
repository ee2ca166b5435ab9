//! Following logs: one thread for those on the screen. It reads only on request, so that a
//! container that floods its log fills neither the channel nor memory.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::spawn;
use crate::manager::{Engine, Error, LogChunk, LogSource};
use crate::spec::ContainerId;
use crate::tui::message::{LogBatch, Message};
use crate::tui::model::LogLine;
use crate::tui::sanitise::{MAX_CHARS, coloured_line};

/// How often a log without new lines is polled.
const POLL: Duration = Duration::from_millis(250);
/// Lines of a tail: as many as the tallest card shows, and some.
const TAIL: usize = 50;
/// The most chunks read at once.
const CHUNKS: usize = 1_000;
/// The most lines kept of what is read at once: the newest.
const LINES: usize = 5_000;
/// The most lines kept of what is read at once of several logs, all together; each has its part.
const MERGED_LINES: usize = 20_000;
/// The fewest lines and bytes kept of what is read of one of several logs at once.
const MIN_KEPT: (usize, usize) = (200, 256 << 10);
/// The most bytes kept of what is read at once.
const BYTES: usize = 8 << 20;
/// How long one batch is gathered before it is shown.
const GATHER: Duration = Duration::from_millis(100);
/// The most bytes kept of one line: what is shown of it and a little more.
const LINE_BYTES: usize = MAX_CHARS * 4 + 4;

/// The thread that reads logs. Dropping it ends the thread.
pub(super) struct LogReader {
    wanted: Sender<()>,
}

impl LogReader {
    /// Opens the logs of `ids`; nothing is read before [`LogReader::read_on`].
    pub(super) fn open(
        engine: Arc<dyn Engine>,
        ids: Vec<ContainerId>,
        sender: Sender<Message>,
    ) -> Self {
        let (wanted, asked) = channel();
        let answers = sender.clone();
        spawn("log", &sender, move || {
            if let Err(error) = follow(&*engine, &ids, &asked, &answers) {
                let _ = answers.send(Message::Log(Err(error)));
            }
        });
        Self { wanted }
    }

    /// Asks for one batch, as soon as there is something new.
    pub(super) fn read_on(&self) {
        // the thread ended because the log cannot be read, which was reported
        let _ = self.wanted.send(());
    }
}

fn follow(
    engine: &dyn Engine,
    ids: &[ContainerId],
    asked: &Receiver<()>,
    answers: &Sender<Message>,
) -> Result<(), Error> {
    let mut sources = ids
        .iter()
        .enumerate()
        .map(|(number, id)| Source::open(engine, id, number, ids.len()))
        .collect::<Result<Vec<_>, _>>()?;
    let mut first = true;
    while asked.recv().is_ok() {
        loop {
            let mut read = false;
            for source in &mut sources {
                read |= source.gather(GATHER / ids.len().max(1) as u32)?;
            }
            if read || first {
                first = false;
                if answers
                    .send(Message::Log(Ok(batch(ids, &mut sources))))
                    .is_err()
                {
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

/// The lines gathered from all logs, by time.
fn batch(ids: &[ContainerId], sources: &mut [Source]) -> LogBatch {
    let mut all = LogBatch {
        ids: ids.to_vec(),
        skipped: 0,
        lines: Vec::new(),
        unfinished: Vec::new(),
    };
    for source in sources.iter_mut() {
        all.skipped += std::mem::take(&mut source.lines.skipped);
        all.lines.extend(source.lines.take());
        all.unfinished.extend(source.lines.unfinished());
    }
    if sources.len() > 1 {
        all.lines.sort_by_key(|line| line.at);
    }
    all
}

/// One of the logs that are read.
struct Source {
    /// `None` after a read failed; of several logs, a line of its own reports that.
    log: Option<Box<dyn LogSource>>,
    lines: Lines,
    several: bool,
}

impl Source {
    fn open(
        engine: &dyn Engine,
        id: &ContainerId,
        number: usize,
        of: usize,
    ) -> Result<Self, Error> {
        let lines = match of {
            0 | 1 => Lines::new(0, LINES, BYTES),
            of => Lines::new(
                number,
                LINES.min((MERGED_LINES / of).max(MIN_KEPT.0)),
                (BYTES / of).max(MIN_KEPT.1),
            ),
        };
        let mut source = Self {
            log: None,
            lines,
            several: of > 1,
        };
        match engine.log(id) {
            Ok(log) => source.log = Some(log),
            Err(error) => source.fail(error)?,
        }
        Ok(source)
    }

    fn gather(&mut self, time: Duration) -> Result<bool, Error> {
        let Some(log) = &mut self.log else {
            return Ok(false);
        };
        match self.lines.gather(&mut **log, time) {
            Ok(read) => Ok(read),
            Err(error) => self.fail(error).map(|()| true),
        }
    }

    /// A single log ends with the error; of several, the others are read on.
    fn fail(&mut self, error: Error) -> Result<(), Error> {
        if !self.several {
            return Err(error);
        }
        self.log = None;
        let at = self
            .lines
            .whole
            .back()
            .map_or(self.lines.newest, |line| line.at);
        let bytes = format!("(its log cannot be read: {error})").into_bytes();
        self.lines.keep(LogChunk {
            at,
            stderr: true,
            bytes,
            full: true,
        });
        Ok(())
    }
}

/// The last lines of the log of `id`. Reading stops early once `superseded` is true.
///
/// # Errors
/// When the log cannot be read.
pub fn tail(
    engine: &dyn Engine,
    id: &ContainerId,
    superseded: &dyn Fn() -> bool,
) -> Result<LogBatch, Error> {
    let mut source = Source::open(engine, id, 0, 1)?;
    while !superseded() && source.gather(GATHER)? {
        let spare = source.lines.whole.len().saturating_sub(TAIL);
        source.lines.whole.drain(..spare);
    }
    Ok(batch(
        std::slice::from_ref(id),
        std::slice::from_mut(&mut source),
    ))
}

/// Assembles chunks into lines.
pub(super) struct Lines {
    source: usize,
    /// The most lines and bytes kept of what is read at once.
    most: (usize, usize),
    skipped: u64,
    bytes: usize,
    whole: VecDeque<LogChunk>,
    open: Option<LogChunk>,
    /// When the newest line was written.
    newest: Timestamp,
}

impl Lines {
    /// Lines of log number `source`; of what is read at once, the newest are kept.
    pub(super) fn new(source: usize, lines: usize, bytes: usize) -> Self {
        let (whole, open, newest) = (VecDeque::new(), None, Timestamp::UNIX_EPOCH);
        Self {
            source,
            most: (lines, bytes),
            skipped: 0,
            bytes: 0,
            whole,
            open,
            newest,
        }
    }

    /// Reads for at most `time`; returns whether there was anything.
    fn gather(&mut self, source: &mut dyn LogSource, time: Duration) -> Result<bool, Error> {
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
            if started.elapsed() > time {
                return Ok(true);
            }
        }
    }

    /// Adds a chunk.
    pub(super) fn push(&mut self, chunk: LogChunk) {
        let full = chunk.full;
        let line = match self.open.take() {
            Some(mut open) if open.stderr == chunk.stderr => {
                let room = LINE_BYTES.saturating_sub(open.bytes.len());
                open.bytes.extend(chunk.bytes.into_iter().take(room));
                open
            }
            // the streams interleave within a line: each gets its own line
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
        self.newest = line.at;
        self.whole.push_back(line);
        while self.whole.len() > self.most.0 || self.bytes > self.most.1 {
            let Some(oldest) = self.whole.pop_front() else {
                break;
            };
            self.bytes -= oldest.bytes.len();
            self.skipped += 1;
        }
    }

    /// Takes the complete lines.
    pub(super) fn take(&mut self) -> Vec<LogLine> {
        self.bytes = 0;
        let chunks = std::mem::take(&mut self.whole);
        chunks.iter().map(|chunk| self.line(chunk)).collect()
    }

    /// The last line, while it has no newline.
    pub(super) fn unfinished(&self) -> Option<LogLine> {
        self.open.as_ref().map(|chunk| self.line(chunk))
    }

    fn line(&self, chunk: &LogChunk) -> LogLine {
        let (text, runs) = coloured_line(&chunk.bytes);
        LogLine {
            at: chunk.at,
            stderr: chunk.stderr,
            source: self.source,
            text,
            runs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(text: &str, stderr: bool, full: bool) -> LogChunk {
        LogChunk {
            at: jiff::Timestamp::UNIX_EPOCH,
            stderr,
            bytes: text.as_bytes().to_vec(),
            full,
        }
    }

    fn gathered(chunks: Vec<LogChunk>) -> (Vec<String>, Option<String>) {
        let mut lines = Lines::new(0, LINES, BYTES);
        for chunk in chunks {
            lines.push(chunk);
        }
        let texts = lines.take().into_iter().map(|line| line.text).collect();
        (texts, lines.unfinished().map(|line| line.text))
    }

    #[test]
    fn chunks_become_lines_and_an_unfinished_line_is_shown() {
        let (lines, open) = gathered(vec![
            chunk("one ", false, false),
            chunk("line", false, true),
            chunk("whole", false, true),
            chunk("prompt> ", false, false),
        ]);
        assert_eq!(
            (lines, open.as_deref()),
            (vec!["one line".into(), "whole".into()], Some("prompt> "))
        );
    }

    #[test]
    fn the_two_streams_are_never_joined() {
        let (lines, open) = gathered(vec![
            chunk("out", false, false),
            chunk("err", true, true),
            chunk("put", false, true),
        ]);
        assert_eq!(
            (lines, open),
            (vec!["out".into(), "err".into(), "put".into()], None)
        );
    }

    #[test]
    fn a_line_without_end_is_bounded() {
        let part = "x".repeat(10_000);
        let (lines, open) = gathered((0..1_000).map(|_| chunk(&part, false, false)).collect());
        assert!(lines.is_empty());
        assert!(open.is_some_and(|text| text.ends_with("(cut)") && text.len() <= LINE_BYTES));
    }
}
