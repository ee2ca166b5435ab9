//! [`Allowance`]: how much CPU time a supervisor may use for its container. Under a CPU limit the
//! container pays for it by waiting.

use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// A supervisor's share of its container's cap: the two together take less than twice the cap.
const SHARE: f64 = 0.75;
/// The largest share, in cores.
const MAX_SHARE: f64 = 1.0;
/// How long a share can be saved up: what a container prints as it starts goes through at once.
const SAVED_FOR: f64 = 1.0;
/// How often the cap is read, while there is anything to pay for.
const CAP_INTERVAL: Duration = Duration::from_secs(1);

/// What one byte of the log costs beyond our own time, in nanoseconds: the kernel's threads write
/// it to the disk, accounted to no process.
const LOGGED: f64 = 4.0;
/// What one byte through a terminal costs, in nanoseconds: a thread of the kernel's carries it from
/// one end to the other.
pub(super) const THROUGH_TERMINAL: f64 = 20.0;

/// Reads small pieces that may follow each other at once; then there is a rest after each.
const SMALL_READS: f64 = 64.0;
/// How long that rest is.
const REST: Duration = Duration::from_millis(2);
/// What a small piece is, in bytes.
const SMALL: usize = 1024;

/// Our own CPU time against a share of the container's cap.
#[derive(Debug)]
pub(super) struct Allowance {
    /// In cores; `None` without a cap.
    share: Option<f64>,
    /// Seconds of a core that may be used; below 0 they are owed.
    saved: f64,
    /// When that was so, and what we had used by then.
    at: Instant,
    used: Duration,
    /// When the cap was last read.
    looked: Instant,
}

impl Allowance {
    /// For a container with this cap, in cores.
    pub(crate) fn new(cap: Option<f64>, now: Instant) -> Self {
        let share = cap.map(share);
        Self {
            share,
            saved: share.unwrap_or(0.0) * SAVED_FOR,
            at: now,
            used: used(),
            looked: now,
        }
    }

    /// For a container that is started, perhaps not for the first time: what was saved or owed
    /// stays.
    pub(crate) fn begin(&mut self, cap: Option<f64>, now: Instant) {
        if self.share.is_none() {
            *self = Self::new(cap, now);
        }
    }

    /// Counts what was used since the last time. `cap` tells the container's cap: it may have been
    /// changed.
    pub(super) fn settle(&mut self, now: Instant, logged: u64, cap: impl FnOnce() -> Option<f64>) {
        let before = self.share;
        if now.saturating_duration_since(self.looked) >= CAP_INTERVAL {
            (self.share, self.looked) = (cap().map(share), now);
        }
        let Some(share) = self.share else { return };
        if before.is_none() {
            *self = Self {
                looked: self.looked,
                ..Self::new(None, now)
            };
            (self.share, self.saved) = (Some(share), share * SAVED_FOR);
            return;
        }
        let used = used();
        let spent = used.saturating_sub(self.used).as_secs_f64() + logged as f64 * LOGGED / 1e9;
        let earned = now.saturating_duration_since(self.at).as_secs_f64() * share;
        // the first is what was there: time that passed before it was spent does not pay for more
        // than can be saved
        self.saved = (self.saved + earned).min(share * SAVED_FOR) - spent;
        (self.used, self.at) = (used, now);
    }

    /// Charges what others do for us, in nanoseconds.
    pub(super) fn charge(&mut self, nanoseconds: f64) {
        self.saved -= nanoseconds / 1e9;
    }

    /// Until when nothing more may be done; `None` while there is something left.
    pub(super) fn paid_at(&self) -> Option<Instant> {
        let share = self.share.filter(|_| self.saved < 0.0)?;
        Some(
            self.at
                + Duration::try_from_secs_f64(-self.saved / share)
                    .unwrap_or(CAP_INTERVAL)
                    .min(CAP_INTERVAL),
        )
    }
}

fn share(cap: f64) -> f64 {
    (cap * SHARE).min(MAX_SHARE)
}

/// The processor's time that this process has used.
fn used() -> Duration {
    let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else {
        return Duration::ZERO;
    };
    let micros = (usage.user_time() + usage.system_time()).num_microseconds();
    Duration::from_micros(micros.try_into().unwrap_or(0))
}

/// Lets pieces that come one by one be collected: a wake-up for each would cost more than the
/// pieces do.
#[derive(Debug)]
pub(super) struct Pace {
    left: f64,
    at: Instant,
}

impl Pace {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            left: SMALL_READS,
            at: now,
        }
    }

    /// After a read of so many bytes: until when not to read again, if at all.
    pub(super) fn rest_after(&mut self, length: usize, now: Instant) -> Option<Instant> {
        if length >= SMALL {
            return None;
        }
        let earned = now.saturating_duration_since(self.at).as_secs_f64() / REST.as_secs_f64();
        self.left = (self.left + earned).min(SMALL_READS) - 1.0;
        self.at = now;
        (self.left < 0.0).then(|| now + REST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_saved_up_spent_and_owed() {
        let start = Instant::now();
        let mut allowance = Allowance::new(Some(0.1), start);
        assert_eq!(allowance.paid_at(), None);
        // a second's share, 75 ms, is there at the start: 50 ms more are owed, two thirds of a
        // second
        allowance.charge(125e6);
        let paid = allowance.paid_at().unwrap() - start;
        assert!((0.6..0.7).contains(&paid.as_secs_f64()), "{paid:?}");
        allowance.settle(start + Duration::from_secs(10), 0, || Some(0.1));
        assert_eq!(allowance.paid_at(), None);
        assert!(
            allowance.saved <= 0.075,
            "no more than a second's share is saved"
        );
    }

    #[test]
    fn the_cap_is_looked_at_and_followed() {
        let start = Instant::now();
        let mut allowance = Allowance::new(None, start);
        allowance.settle(start, 1 << 40, || panic!("too early"));
        assert_eq!(allowance.paid_at(), None, "without a cap nothing is owed");
        let later = start + Duration::from_secs(2);
        allowance.settle(later, 0, || Some(0.05));
        allowance.settle(later, 100_000_000, || panic!("too early"));
        assert!(allowance.paid_at().is_some());
        allowance.settle(later + CAP_INTERVAL, 0, || None);
        assert_eq!(allowance.paid_at(), None);
    }

    #[test]
    fn many_small_pieces_are_collected() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        assert!((0..64).all(|_| pace.rest_after(10, now).is_none()));
        assert_eq!(pace.rest_after(10, now), Some(now + REST));
        assert_eq!(pace.rest_after(30_000, now), None);
        assert_eq!(pace.rest_after(10, now + Duration::from_secs(1)), None);
    }
}
