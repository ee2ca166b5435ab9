//! [`RateLimit`]: how fast a page may send. No person and no mouse is faster.

use std::time::Duration;

use tokio::time::Instant;

/// A token bucket.
struct Bucket {
    burst: f64,
    per_second: f64,
}

const MESSAGES: Bucket = Bucket {
    burst: 1_000.0,
    per_second: 250.0,
};
/// The burst is a large paste.
const BYTES: Bucket = Bucket {
    burst: (512 << 10) as f64,
    per_second: (64 << 10) as f64,
};

impl Bucket {
    fn refill(&self, left: f64, passed: Duration) -> f64 {
        (left + self.per_second * passed.as_secs_f64()).min(self.burst)
    }
}

/// What a page may still send.
pub(super) struct RateLimit {
    messages: f64,
    bytes: f64,
    at: Instant,
}

impl RateLimit {
    /// The limit of a new page.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            messages: MESSAGES.burst,
            bytes: BYTES.burst,
            at: now,
        }
    }

    /// Counts a message of so many bytes; returns whether it was within the limit.
    pub(super) fn allows(&mut self, bytes: usize, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.at);
        self.at = now;
        self.messages = MESSAGES.refill(self.messages, passed) - 1.0;
        self.bytes = BYTES.refill(self.bytes, passed) - bytes as f64;
        self.messages >= 0.0 && self.bytes >= 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_within_the_limit_and_a_flood_is_not() {
        let start = Instant::now();
        let mut rate = RateLimit::new(start);
        let key =
            |rate: &mut RateLimit, millis| rate.allows(16, start + Duration::from_millis(millis));
        assert!(
            (0..10_000).all(|n| key(&mut rate, n * 5)),
            "200 a second without end"
        );
        let mut rate = RateLimit::new(start);
        assert!((0..1_000).all(|_| key(&mut rate, 0)) && !key(&mut rate, 0));
        let mut rate = RateLimit::new(start);
        assert!((0..32).all(|_| rate.allows(16 << 10, start)) && !rate.allows(16 << 10, start));
    }
}
