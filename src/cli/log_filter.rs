//! What `logs` leaves out: lines before or after a time, lines that do not match, all but the last.

use std::collections::VecDeque;

use jiff::Timestamp;
use regex_lite::Regex;

use crate::manager::LogChunk;
use crate::spec::parse_duration;

/// A line longer than this is looked at, and counted, in pieces, so that a container that never
/// ends its line cannot grow us.
const MAX_LINE: usize = 1 << 20;
/// What a part of a line counts at least, in bytes: it takes that much of us, be it empty.
const PART_OVERHEAD: usize = 64;

/// Which lines of a log to print.
#[derive(Debug, Clone, Default)]
pub(super) struct Criteria {
    /// Not what was written before.
    pub since: Option<Timestamp>,
    /// Not what was written after.
    pub until: Option<Timestamp>,
    /// Only lines in which this is found.
    pub pattern: Option<Regex>,
}

/// A point in time as docker takes it: how long ago (`10m`, `1h30m`), RFC 3339, a date, or seconds
/// since 1970.
///
/// # Errors
/// When it is none of these.
pub(super) fn parse_time(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    if let Ok(at) = text.parse::<jiff::civil::DateTime>() {
        return jiff::tz::TimeZone::system()
            .to_timestamp(at)
            .map_err(|e| e.to_string());
    }
    if let Some((seconds, nanos)) = unix(text) {
        return Timestamp::new(seconds, nanos).map_err(|e| e.to_string());
    }
    let ago = text
        .parse()
        .ok()
        .or_else(|| jiff::SignedDuration::try_from(parse_duration("time", text).ok()?).ok());
    ago.filter(|ago: &jiff::SignedDuration| !ago.is_negative()).and_then(|ago| now.checked_sub(ago).ok()).ok_or_else(|| {
        format!("{text:?} is not a time; use how long ago (10m, 1h30m), a date (2026-11-24T14:03:11), RFC 3339, or seconds since 1970")
    })
}

/// `1732456991` or `1732456991.5`: too large a number to be how many seconds ago.
fn unix(text: &str) -> Option<(i64, i32)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let nanos = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    Some((whole.parse().ok()?, nanos))
        .filter(|(seconds, _)| whole.bytes().all(|b| b.is_ascii_digit()) && *seconds > 100_000_000)
}

impl Criteria {
    fn line(&self, line: &[LogChunk]) -> bool {
        let Some(first) = line.first() else {
            return false;
        };
        if self.since.is_some_and(|since| first.at < since)
            || self.until.is_some_and(|until| first.at > until)
        {
            return false;
        }
        self.pattern.as_ref().is_none_or(|pattern| {
            let bytes: Vec<u8> = line
                .iter()
                .flat_map(|chunk| &chunk.bytes)
                .copied()
                .collect();
            pattern.is_match(&String::from_utf8_lossy(&bytes))
        })
    }

    /// Whether whole lines must be seen before anything is known of them.
    fn needs_lines(&self) -> bool {
        self.pattern.is_some()
    }
}

/// Passes the matching chunks of a stream on, in order.
#[derive(Debug)]
pub(super) struct LogFilter {
    criteria: Criteria,
    /// The open line of standard output and of standard error.
    open: [OpenLine; 2],
}

/// The parts of a line that has no end yet. One by one a container can write a million of them:
/// they are not counted anew at each.
#[derive(Debug, Default)]
struct OpenLine {
    parts: Vec<LogChunk>,
    bytes: usize,
}

impl OpenLine {
    fn push(&mut self, part: LogChunk) {
        self.bytes += part.bytes.len().max(PART_OVERHEAD);
        self.parts.push(part);
    }
}

impl LogFilter {
    pub(super) fn new(criteria: Criteria) -> Self {
        Self {
            criteria,
            open: Default::default(),
        }
    }

    /// The matching part of `chunks` and of the lines that they end.
    pub(super) fn pass(&mut self, chunks: Vec<LogChunk>) -> Vec<LogChunk> {
        if !self.criteria.needs_lines() {
            return chunks
                .into_iter()
                .filter(|chunk| self.criteria.line(std::slice::from_ref(chunk)))
                .collect();
        }
        let mut passed = Vec::new();
        for chunk in chunks {
            let open = &mut self.open[usize::from(chunk.stderr)];
            let ends = chunk.full;
            open.push(chunk);
            if ends || open.bytes > MAX_LINE {
                let line = std::mem::take(open).parts;
                if self.criteria.line(&line) {
                    passed.extend(line);
                }
            }
        }
        passed
    }

    /// The line that is still open, when the log has ended.
    pub(super) fn rest(&mut self) -> Vec<LogChunk> {
        let open: Vec<Vec<LogChunk>> = self
            .open
            .iter_mut()
            .map(|line| std::mem::take(line).parts)
            .collect();
        open.into_iter()
            .filter(|line| self.criteria.line(line))
            .flatten()
            .collect()
    }
}

/// The last lines of what was passed so far.
#[derive(Debug)]
pub(super) struct Tail {
    most: usize,
    /// Each line's chunks; a line of one stream may lie between the parts of one of the other.
    lines: VecDeque<OpenLine>,
}

impl Tail {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            lines: VecDeque::new(),
        }
    }

    pub(super) fn push(&mut self, chunk: LogChunk) {
        let open = self.lines.iter_mut().rev().find(|line| {
            line.parts
                .last()
                .is_some_and(|last| last.stderr == chunk.stderr)
        });
        match open {
            Some(line)
                if line.parts.last().is_some_and(|last| !last.full) && line.bytes < MAX_LINE =>
            {
                line.push(chunk)
            }
            _ => {
                let mut line = OpenLine::default();
                line.push(chunk);
                self.lines.push_back(line);
            }
        }
        while self.lines.len() > self.most {
            self.lines.pop_front();
        }
    }

    pub(super) fn chunks(self) -> Vec<LogChunk> {
        self.lines.into_iter().flat_map(|line| line.parts).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(second: i64, stderr: bool, text: &str, full: bool) -> LogChunk {
        LogChunk {
            at: Timestamp::from_second(second).unwrap(),
            stderr,
            bytes: text.into(),
            full,
        }
    }

    fn texts(chunks: &[LogChunk]) -> Vec<String> {
        chunks
            .iter()
            .map(|c| String::from_utf8_lossy(&c.bytes).into_owned())
            .collect()
    }

    #[test]
    fn times_as_docker_takes_them() {
        let now: Timestamp = "2026-11-24T14:00:00Z".parse().unwrap();
        let at = |text: &str| parse_time(text, now).map(|at| at.to_string());
        assert_eq!(at("10m").unwrap(), "2026-11-24T13:50:00Z");
        assert_eq!(at("1h30m").unwrap(), "2026-11-24T12:30:00Z");
        assert_eq!(at("90").unwrap(), "2026-11-24T13:58:30Z", "seconds ago");
        assert_eq!(
            at("2026-11-23T14:03:11.5Z").unwrap(),
            "2026-11-23T14:03:11.5Z"
        );
        assert_eq!(at("1732456991.25").unwrap(), "2024-11-24T14:03:11.25Z");
        assert!(at("2026-11-23").is_ok() && at("2026-11-23T10:00:00").is_ok());
        for wrong in ["", "soon", "-5m", "10x", "2026-13-01"] {
            assert!(at(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_lines_in_the_time_and_with_the_pattern() {
        let second = |n| Some(Timestamp::from_second(n).unwrap());
        let chunks = || {
            vec![
                chunk(1, false, "a", true),
                chunk(2, true, "b", true),
                chunk(3, false, "c", true),
            ]
        };
        let passed = |criteria| texts(&LogFilter::new(criteria).pass(chunks()));
        assert_eq!(
            passed(Criteria {
                since: second(2),
                ..Criteria::default()
            }),
            ["b", "c"]
        );
        assert_eq!(
            passed(Criteria {
                until: second(2),
                ..Criteria::default()
            }),
            ["a", "b"]
        );
        let pattern = Regex::new("^(a|c)$").ok();
        assert_eq!(
            passed(Criteria {
                pattern,
                ..Criteria::default()
            }),
            ["a", "c"]
        );
    }

    #[test]
    fn a_pattern_is_looked_for_in_the_whole_line() {
        let criteria = Criteria {
            pattern: Regex::new("one.*two").ok(),
            ..Criteria::default()
        };
        let mut filter = LogFilter::new(criteria);
        let chunks = vec![
            chunk(1, false, "one ", false),
            chunk(1, true, "two", true),
            chunk(1, false, "two", true),
            chunk(1, false, "one", false),
        ];
        assert_eq!(texts(&filter.pass(chunks)), ["one ", "two"]);
        assert!(filter.rest().is_empty());
        assert_eq!(
            texts(&filter.pass(vec![chunk(1, false, "one two", false)])),
            [""; 0]
        );
        assert_eq!(
            texts(&filter.rest()),
            ["one two"],
            "the last line may have no end"
        );
    }

    #[test]
    fn the_last_lines_are_whole() {
        let mut tail = Tail::new(2);
        for one in [
            chunk(1, false, "x", true),
            chunk(1, false, "a", false),
            chunk(1, true, "err", true),
            chunk(1, false, "b", true),
        ] {
            tail.push(one);
        }
        assert_eq!(texts(&tail.chunks()), ["a", "b", "err"]);
        let mut none = Tail::new(0);
        none.push(chunk(1, false, "x", true));
        assert!(none.chunks().is_empty());
    }
}
