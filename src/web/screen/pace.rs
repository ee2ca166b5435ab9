//! [`Pace`]: how fast a page may talk. No person and no mouse is faster; a program that is, is let
//! go.

use std::time::Duration;

use tokio::time::Instant;

/// Messages that may come at once, and in every second from then on.
const MESSAGES: [f64; 2] = [1_000.0, 250.0];
/// The same for bytes: a large paste comes at once.
const BYTES: [f64; 2] = [(512 << 10) as f64, (64 << 10) as f64];

/// What a page may still say.
pub(super) struct Pace {
    left: [f64; 2],
    at: Instant,
}

impl Pace {
    /// A page that has said nothing yet.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            left: [MESSAGES[0], BYTES[0]],
            at: now,
        }
    }

    /// Takes account of a message of so many bytes; says whether that was still within bounds.
    pub(super) fn allows(&mut self, bytes: usize, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.at);
        self.at = now;
        let [messages, all_bytes] = self.left;
        self.left = [
            refilled(messages, MESSAGES, passed) - 1.0,
            refilled(all_bytes, BYTES, passed) - bytes as f64,
        ];
        self.left.iter().all(|left| *left >= 0.0)
    }
}

fn refilled(left: f64, [most, a_second]: [f64; 2], passed: Duration) -> f64 {
    (left + a_second * passed.as_secs_f64()).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_never_too_fast_and_a_flood_is() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let key = |pace: &mut Pace, millis| pace.allows(16, start + Duration::from_millis(millis));
        assert!(
            (0..10_000).all(|n| key(&mut pace, n * 5)),
            "200 a second for as long as one likes"
        );
        let mut pace = Pace::new(start);
        assert!((0..1_000).all(|_| key(&mut pace, 0)) && !key(&mut pace, 0));
        let mut pace = Pace::new(start);
        assert!((0..32).all(|_| pace.allows(16 << 10, start)) && !pace.allows(16 << 10, start));
    }
}
