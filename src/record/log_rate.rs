//! [`Rate`]: a token bucket that limits a container's log (`--log-rate`) and counts dropped lines.

use std::time::{Duration, Instant};

use super::logfile::MAX_ENTRY;

/// One second's worth may be logged in a burst; when it is used up, logging resumes once this share
/// is available again.
const RESUME_AT: f64 = 0.5;

/// A limit of the log's growth, in bytes a second. Lines beyond it are dropped and counted.
#[derive(Debug)]
pub(super) struct Rate {
    max: f64,
    left: f64,
    at: Instant,
    /// Lines dropped since the last report.
    dropped: u64,
    /// For stdout and stderr: the rest of a line whose beginning was dropped is dropped too.
    skips: [bool; 2],
}

impl Rate {
    pub(super) fn new(max: u64, now: Instant) -> Self {
        let max = max as f64;
        Self {
            max,
            left: max,
            at: now,
            dropped: 0,
            skips: [false; 2],
        }
    }

    fn earn(&mut self, now: Instant) {
        let earned = now.saturating_duration_since(self.at).as_secs_f64() * self.max;
        (self.left, self.at) = ((self.left + earned).min(self.max), now);
    }

    /// The number of lines dropped, once logging can resume: to be logged first.
    pub(super) fn take_dropped(&mut self, now: Instant, at_once: bool) -> Option<u64> {
        self.earn(now);
        let due = self.dropped > 0 && (at_once || self.left >= self.max * RESUME_AT);
        due.then(|| std::mem::take(&mut self.dropped))
    }

    /// When [`Rate::take_dropped`] will return a number.
    pub(super) fn due(&self) -> Option<Instant> {
        let missing = (self.max * RESUME_AT - self.left).max(0.0) / self.max;
        (self.dropped > 0)
            .then(|| self.at + Duration::try_from_secs_f64(missing).unwrap_or_default())
    }

    /// The part of `bytes`, just written by a stream, to log in entries with heads of `head` bytes;
    /// the rest is dropped. Also whether its last line was cut.
    pub(super) fn admit<'a>(
        &mut self,
        mut bytes: &'a [u8],
        stderr: bool,
        head: usize,
    ) -> (&'a [u8], bool) {
        if self.skips[usize::from(stderr)] {
            let Some(end) = bytes.iter().position(|b| *b == b'\n') else {
                return (&[], false);
            };
            self.skips[usize::from(stderr)] = false;
            bytes = &bytes[end + 1..];
        }
        let mut fits = 0;
        // once dropping, drop everything until there is room for more than a few lines
        while fits < bytes.len() && self.left > 0.0 && self.dropped == 0 {
            let window = &bytes[fits..bytes.len().min(fits + MAX_ENTRY)];
            let length = window
                .iter()
                .position(|b| *b == b'\n')
                .map_or(window.len(), |end| end + 1);
            self.left -= (head + length) as f64;
            fits += length;
        }
        let (kept, dropped) = bytes.split_at(fits);
        let Some(last) = dropped.last() else {
            return (kept, false);
        };
        self.dropped += dropped.iter().filter(|b| **b == b'\n').count() as u64;
        if *last != b'\n' {
            self.dropped += 1;
            self.skips[usize::from(stderr)] = true;
        }
        (kept, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_uses_up_no_more_than_its_size() {
        let mut rate = Rate::new(1000, Instant::now());
        for _ in 0..3 {
            assert_eq!(rate.admit(b"123456789\n", false, 40).0.len(), 10);
        }
        assert!((849.0..851.0).contains(&rate.left), "{}", rate.left);
    }

    #[test]
    fn lines_are_kept_dropped_and_counted() {
        let start = Instant::now();
        let mut rate = Rate::new(100, start);
        // 40 bytes of head and 10 of line: two fit
        let lines = b"123456789\n".repeat(5);
        let (kept, cut) = rate.admit(&lines, false, 40);
        assert_eq!((kept.len(), cut), (20, true));
        assert_eq!(
            rate.take_dropped(start, false),
            None,
            "not while there is no room"
        );
        // the other stream, and the middle of a line: all dropped, and counted as one line
        assert_eq!(rate.admit(b"begin", true, 40), (&b""[..], true));
        assert_eq!(rate.admit(b" middle", true, 40), (&b""[..], false));
        let due = rate.due().unwrap();
        assert!(
            due > start && due <= start + Duration::from_millis(501),
            "{:?}",
            due - start
        );
        assert_eq!(
            rate.take_dropped(due + Duration::from_millis(1), false),
            Some(4)
        );
        assert_eq!(
            rate.admit(b" end\nnext\n", true, 40),
            (&b"next\n"[..], false)
        );
        assert_eq!((rate.due(), rate.take_dropped(due, true)), (None, None));
    }
}
