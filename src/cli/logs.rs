//! `logs`: what a container wrote, and on as it writes.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use regex_lite::Regex;
use serde::Serialize;

use super::arguments::OneContainer;
use super::failure::Failure;
use super::log_filter::{Criteria, LogFilter, Tail, parse_time};
use super::session::Session;
use super::stdout;
use crate::json;
use crate::manager::{Error, LogChunk};
use crate::record::Record;
use crate::spec::{ContainerId, Piece, Scanner};

/// How long to wait at most before looking whether it still lives: a killed supervisor writes no
/// last word.
const LOOK: Duration = Duration::from_secs(1);
/// Chunks taken at once.
const BATCH: usize = 1024;

const FIELDS: &str = "\
What it wrote to standard output goes to ours, standard error to ours, byte for byte.
On a terminal escape sequences are taken out, but for colours.
Fields of --json, one object a line: at (RFC 3339, UTC), stream (stdout, stderr), text, full (false: the line goes on in the next).";

/// Print the output of a container
#[derive(Debug, Args)]
#[command(after_help = FIELDS)]
pub(super) struct Logs {
    /// Follow the output until the container ends
    #[arg(short, long)]
    follow: bool,

    /// Prefix each line with its time
    #[arg(short, long)]
    timestamps: bool,

    /// Only this many lines of the end, or "all"
    #[arg(short = 'n', long, value_name = "LINES", value_parser = tail)]
    tail: Option<usize>,

    /// Only output since: 10m ago, 2026-11-24T14:03:11, RFC 3339, or seconds since 1970
    #[arg(long, value_name = "TIME", value_parser = at)]
    since: Option<Timestamp>,

    /// Only output until this time
    #[arg(long, value_name = "TIME", value_parser = at)]
    until: Option<Timestamp>,

    /// Only lines that match this regular expression
    #[arg(long, value_name = "PATTERN", value_parser = pattern)]
    grep: Option<Regex>,

    /// Print JSON, one object per line, all on standard output
    #[arg(long, conflicts_with = "timestamps")]
    json: bool,

    #[command(flatten)]
    container: OneContainer,
}

fn tail(text: &str) -> Result<usize, String> {
    if text == "all" {
        Ok(usize::MAX)
    } else {
        text.parse()
            .map_err(|_| format!("{text:?} is neither a number of lines nor \"all\""))
    }
}

fn at(text: &str) -> Result<Timestamp, String> {
    parse_time(text, Timestamp::now())
}

fn pattern(text: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|error| format!("{text:?} is no regular expression: {error}"))
}

impl Logs {
    pub(super) fn perform(self, session: &Session) -> Result<i32, Failure> {
        let word = self.container.word;
        let about = |error: Error| Failure::from(error).about(&word);
        let record = session.manager.find(&word).map_err(about)?;
        // watching before reading, so that nothing falls in between
        let changes = if self.follow {
            Some(session.manager.watch_log(&record.spec.id).map_err(about)?)
        } else {
            None
        };
        let mut log = session.manager.log(&record.spec.id).map_err(about)?;
        let mut printer = Printer::new(self.timestamps, self.json);
        let mut print = |chunks: &[LogChunk]| {
            printer.print(chunks, &mut io::stdout().lock(), &mut io::stderr().lock())
        };
        // without -f what is written from now on is not waited for: a flood has no end
        let now = Timestamp::now();
        let until = if self.follow {
            self.until
        } else {
            Some(self.until.map_or(now, |until| until.min(now)))
        };
        let mut filter = LogFilter::new(Criteria {
            since: self.since,
            until,
            pattern: self.grep,
        });
        let mut last_lines = self.tail.filter(|most| *most < usize::MAX).map(Tail::new);
        loop {
            // asked before reading: what it wrote before its end is there by then
            let goes_on =
                changes.is_some() && may_write(session, &record.spec.id).map_err(about)?;
            loop {
                let chunks = log.read(BATCH).map_err(about)?;
                let Some(last) = chunks.last().map(|chunk| chunk.at) else {
                    break;
                };
                let mut chunks = filter.pass(chunks);
                match &mut last_lines {
                    Some(last) => chunks.drain(..).for_each(|chunk| last.push(chunk)),
                    None => print(&chunks)?,
                }
                if until.is_some_and(|until| last > until) {
                    break;
                }
            }
            if let Some(last) = last_lines.take() {
                print(&last.chunks())?;
            }
            match &changes {
                Some(changes) if goes_on => changes.wait(LOOK).map_err(about)?,
                _ => break,
            }
        }
        print(&filter.rest())?;
        Ok(0)
    }
}

/// Whether it may still write: it lives, or waits to be started again.
fn may_write(session: &Session, id: &ContainerId) -> Result<bool, Error> {
    let lives =
        |record: &Record| record.state.status.is_alive() || record.state.restart_at.is_some();
    match session.manager.find(id.as_str()) {
        Ok(record) => Ok(lives(&record)),
        // destroyed while we followed
        Err(Error::Unknown(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes chunks, each to its stream.
struct Printer {
    timestamps: bool,
    json: bool,
    /// Whether standard output and standard error are terminals.
    terminal: [bool; 2],
    /// Whether colours may go to a terminal.
    coloured: bool,
    /// Whether the last line of each is still open.
    open: [bool; 2],
    /// What was begun in the open line of each: a sequence, a character.
    scanners: [Scanner; 2],
}

#[derive(Serialize)]
struct Line<'a> {
    at: jiff::Timestamp,
    stream: &'static str,
    text: &'a str,
    full: bool,
}

impl Printer {
    fn new(timestamps: bool, json: bool) -> Self {
        let terminal = [io::stdout().is_terminal(), io::stderr().is_terminal()];
        Self {
            timestamps,
            json,
            terminal,
            coloured: stdout::coloured(),
            open: [false; 2],
            scanners: Default::default(),
        }
    }

    fn print(
        &mut self,
        chunks: &[LogChunk],
        out: &mut impl Write,
        error: &mut impl Write,
    ) -> Result<(), Failure> {
        let (mut to_out, mut to_error) = (Vec::new(), Vec::new());
        for chunk in chunks {
            if self.json {
                to_out.extend_from_slice(json_line(chunk)?.as_bytes());
                continue;
            }
            // the other stream is written first, so that on one terminal lines keep their order
            if chunk.stderr {
                flush(&mut to_out, out)?;
                self.put(chunk, &mut to_error)?;
            } else {
                flush(&mut to_error, error)?;
                self.put(chunk, &mut to_out)?;
            }
        }
        flush(&mut to_out, out)?;
        flush(&mut to_error, error)
    }

    fn put(&mut self, chunk: &LogChunk, buffer: &mut Vec<u8>) -> Result<(), Failure> {
        let stream = usize::from(chunk.stderr);
        if self.timestamps && !self.open[stream] {
            write!(buffer, "{:.9} ", chunk.at)?;
        }
        self.open[stream] = !chunk.full;
        if self.terminal[stream] {
            self.put_safely(chunk, buffer);
        } else {
            buffer.extend_from_slice(&chunk.bytes);
        }
        if chunk.full {
            buffer.push(b'\n');
        }
        Ok(())
    }

    /// For a terminal: a line of a container's terminal ends in a carriage return that nobody needs
    /// to see, and no colour outlives what is printed at once.
    fn put_safely(&mut self, chunk: &LogChunk, buffer: &mut Vec<u8>) {
        let scanner = &mut self.scanners[usize::from(chunk.stderr)];
        let mut coloured = false;
        let mut out = |piece: Piece<'_>| match piece {
            Piece::Text(c) => buffer.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Piece::Colour(sequence) if self.coloured => {
                buffer.extend_from_slice(sequence.as_bytes());
                coloured = true;
            }
            Piece::Colour(_) => {}
        };
        let bytes = if chunk.full {
            chunk.bytes.strip_suffix(b"\r").unwrap_or(&chunk.bytes)
        } else {
            &chunk.bytes
        };
        scanner.bytes(bytes, &mut out);
        if chunk.full {
            scanner.end(&mut out);
        }
        if coloured {
            buffer.extend_from_slice(b"\x1b[0m");
        }
    }
}

fn flush(buffer: &mut Vec<u8>, stream: &mut impl Write) -> Result<(), Failure> {
    if !buffer.is_empty() {
        stream.write_all(buffer)?;
        stream.flush()?;
        buffer.clear();
    }
    Ok(())
}

fn json_line(chunk: &LogChunk) -> Result<String, Failure> {
    Ok(json::line(&Line {
        at: chunk.at,
        stream: if chunk.stderr { "stderr" } else { "stdout" },
        text: &String::from_utf8_lossy(&chunk.bytes),
        full: chunk.full,
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(stderr: bool, text: &[u8], full: bool) -> LogChunk {
        LogChunk {
            at: jiff::Timestamp::UNIX_EPOCH,
            stderr,
            bytes: text.to_vec(),
            full,
        }
    }

    fn printed(mut printer: Printer, chunks: &[LogChunk]) -> (Vec<u8>, Vec<u8>) {
        let (mut out, mut error) = (Vec::new(), Vec::new());
        printer.print(chunks, &mut out, &mut error).unwrap();
        (out, error)
    }

    fn printer(timestamps: bool, json: bool, terminal: bool) -> Printer {
        Printer {
            timestamps,
            json,
            terminal: [terminal; 2],
            coloured: true,
            open: [false; 2],
            scanners: Default::default(),
        }
    }

    #[test]
    fn bytes_are_kept_and_streams_stay_apart() {
        let binary: Vec<u8> = (0..=255).collect();
        let chunks = [
            chunk(false, &binary, false),
            chunk(true, b"err", true),
            chunk(false, b"end", true),
        ];
        let (out, error) = printed(printer(false, false, false), &chunks);
        assert_eq!(out, [&binary[..], b"end\n"].concat());
        assert_eq!(error, b"err\n");
    }

    #[test]
    fn a_time_stands_before_each_line_not_before_its_parts() {
        let chunks = [
            chunk(false, b"a", false),
            chunk(true, b"x", true),
            chunk(false, b"b", true),
        ];
        let (out, error) = printed(printer(true, false, false), &chunks);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "1970-01-01T00:00:00.000000000Z ab\n"
        );
        assert_eq!(
            String::from_utf8(error).unwrap(),
            "1970-01-01T00:00:00.000000000Z x\n"
        );
    }

    #[test]
    fn a_terminal_is_not_driven() {
        let (out, _) = printed(
            printer(false, false, true),
            &[chunk(false, b"\x1b[2Ja\tb\xff\x1b", true)],
        );
        assert_eq!(String::from_utf8(out).unwrap(), "a\tb\u{fffd}␛\n");
        // cut within a sequence and within a character, the other stream between
        let chunks = [
            chunk(false, b"a\x1b]0;ti", false),
            chunk(true, b"err", true),
            chunk(false, b"tle\x07b\xc3", false),
            chunk(false, b"\xa9\r", true),
        ];
        let (out, error) = printed(printer(false, false, true), &chunks);
        assert_eq!(
            (String::from_utf8(out).unwrap().as_str(), &error[..]),
            ("abé\n", &b"err\n"[..])
        );
    }

    #[test]
    fn colours_reach_a_terminal_and_end_with_the_line() {
        let red = [
            chunk(false, b"\x1b[31mred\x1b[8mx", true),
            chunk(false, b"plain", true),
        ];
        let (out, _) = printed(printer(false, false, true), &red);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "\x1b[31mredx\x1b[0m\nplain\n"
        );
        let (out, _) = printed(
            Printer {
                coloured: false,
                ..printer(false, false, true)
            },
            &red,
        );
        assert_eq!(String::from_utf8(out).unwrap(), "redx\nplain\n");
    }

    #[test]
    fn json_is_one_object_a_line() {
        let (out, error) = printed(
            printer(false, true, true),
            &[chunk(true, b"x\x1b", false), chunk(false, b"y", true)],
        );
        let lines: Vec<serde_json::Value> = out
            .split_inclusive(|b| *b == b'\n')
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        assert_eq!(lines[0]["stream"], "stderr");
        assert_eq!(
            (&lines[0]["text"], &lines[0]["full"]),
            (&"x\u{1b}".into(), &false.into())
        );
        assert!(lines.len() == 2 && error.is_empty());
        for key in lines[0].as_object().unwrap().keys() {
            assert!(FIELDS.contains(key), "{key} is not documented");
        }
    }
}
