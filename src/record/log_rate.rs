//! [`Rate`]: what of a container's output goes to its log when its user has bounded that
//! (`--log-rate`), and how much did not.

use std::time::{Duration, Instant};

use super::logfile::MAX_ENTRY;

/// A second's worth may be logged at once; when that is used up, nothing more is until this much of
/// it is there again.
const RESUMED_AT: f64 = 0.5;

/// A bound of the log's growth, in bytes a second. Beyond it lines are dropped, and counted.
#[derive(Debug)]
pub(super) struct Rate {
    most: f64,
    left: f64,
    at: Instant,
    /// Lines dropped since that was last said.
    dropped: u64,
    /// For standard output and standard error: the rest of a line whose beginning was dropped is
    /// dropped too.
    skips: [bool; 2],
}

impl Rate {
    pub(super) fn new(most: u64, now: Instant) -> Self {
        let most = most as f64;
        Self {
            most,
            left: most,
            at: now,
            dropped: 0,
            skips: [false; 2],
        }
    }

    fn earn(&mut self, now: Instant) {
        let earned = now.saturating_duration_since(self.at).as_secs_f64() * self.most;
        (self.left, self.at) = ((self.left + earned).min(self.most), now);
    }

    /// How many lines were dropped, once there is room to go on: to be said before anything else is
    /// logged.
    pub(super) fn take_dropped(&mut self, now: Instant, at_once: bool) -> Option<u64> {
        self.earn(now);
        let due = self.dropped > 0 && (at_once || self.left >= self.most * RESUMED_AT);
        due.then(|| std::mem::take(&mut self.dropped))
    }

    /// When [`Rate::take_dropped`] has something to say.
    pub(super) fn due(&self) -> Option<Instant> {
        let lacking = (self.most * RESUMED_AT - self.left).max(0.0) / self.most;
        (self.dropped > 0)
            .then(|| self.at + Duration::try_from_secs_f64(lacking).unwrap_or_default())
    }

    /// The part of `bytes`, which a stream wrote just now, that goes to the log in entries with
    /// heads of `head` bytes; the rest of it is dropped. Whether the last line of the part was cut,
    /// and is not to go on.
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
        // while lines are dropped all are, until there is room for more than a few
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
        // the other stream, and the middle of a line: all of it is dropped, and the line once
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
