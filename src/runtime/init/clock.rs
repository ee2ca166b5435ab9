//! [`InitClock`]: when init's steps were done, told in one message of fixed size.

use std::time::Instant;

use strum::VariantArray;

use super::step::Step;

/// How many steps there are.
pub(crate) const STEPS: usize = Step::VARIANTS.len();
/// First byte of the message with the times of init's steps.
pub(crate) const TIMES: u8 = b'S';
/// The length of that message: that byte, and 32 bits a step.
const LENGTH: usize = 1 + 4 * STEPS;

/// The steps that were done by the message of [`InitClock::encode`] without its first byte, each
/// with its time in microseconds.
pub(crate) fn step_times(times: &[u8]) -> impl Iterator<Item = (Step, u32)> {
    let times = times
        .as_chunks()
        .0
        .iter()
        .map(|usec| u32::from_le_bytes(*usec));
    let steps = Step::VARIANTS.iter().copied();
    steps.zip(times).filter(|(_, usec)| *usec > 0)
}

/// init's side: a fixed array; it allocates nothing.
#[derive(Debug)]
pub(crate) struct InitClock {
    began: Instant,
    done: [u32; STEPS],
}

impl InitClock {
    /// init begins now.
    #[must_use]
    pub(crate) fn start() -> Self {
        Self {
            began: Instant::now(),
            done: [0; STEPS],
        }
    }

    /// `step` is done; of one that is done in several parts the last counts.
    pub(crate) fn done(&mut self, step: Step) {
        let usec = u32::try_from(self.began.elapsed().as_micros()).unwrap_or(u32::MAX);
        self.done[step as usize] = usec.max(1);
    }

    /// The word to begin came: what follows is timed from here.
    pub(crate) fn go(&mut self) {
        *self = Self::start();
    }

    /// The message for the supervisor.
    #[must_use]
    pub(crate) fn encode(&self) -> [u8; LENGTH] {
        let mut message = [TIMES; LENGTH];
        for (bytes, usec) in message[1..]
            .as_chunks_mut::<4>()
            .0
            .iter_mut()
            .zip(self.done)
        {
            *bytes = usec.to_le_bytes();
        }
        message
    }
}
