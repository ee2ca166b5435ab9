//! [`ClockOffsets`]: how far a container's clocks are ahead of the host's (time_namespaces(7)).

use serde::{Deserialize, Serialize};

use super::{SpecError, parse_duration};

/// Added to the two clocks that count from boot; `CLOCK_REALTIME` is never the container's own.
/// Milliseconds, which may be negative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockOffsets {
    /// For `CLOCK_MONOTONIC` and its coarse and raw variants.
    pub monotonic_ms: i64,
    /// For `CLOCK_BOOTTIME` and with it `/proc/uptime`.
    pub boottime_ms: i64,
}

impl ClockOffsets {
    /// Parses `CLOCK=TIME` words; a later one for the same clock wins. `None` when there are none.
    ///
    /// # Errors
    /// [`SpecError`] of `time-offset`.
    pub fn parse(words: &[String]) -> Result<Option<Self>, SpecError> {
        let mut offsets = None;
        for word in words {
            let wrong = || {
                SpecError::new(
                    "time-offset",
                    format!("{word:?} is not CLOCK=TIME, such as boottime=24h or monotonic=-10s"),
                )
            };
            let (clock, text) = word.split_once('=').ok_or_else(wrong)?;
            let (sign, amount) = text
                .strip_prefix('-')
                .map_or((1, text.strip_prefix('+').unwrap_or(text)), |rest| {
                    (-1, rest)
                });
            let time = parse_duration("time-offset", amount)?;
            let millis = sign * i64::try_from(time.as_millis()).map_err(|_| wrong())?;
            let offsets = offsets.get_or_insert_with(Self::default);
            match clock {
                "monotonic" => offsets.monotonic_ms = millis,
                "boottime" => offsets.boottime_ms = millis,
                _ => {
                    return Err(SpecError::new(
                        "time-offset",
                        format!(
                            "{clock:?} is not a clock with an offset; use monotonic or boottime"
                        ),
                    ));
                }
            }
        }
        Ok(offsets)
    }

    /// The lines of `/proc/PID/timens_offsets`: clock, seconds, nanoseconds (never negative).
    #[must_use]
    pub fn lines(&self) -> String {
        let line = |clock: &str, millis: i64| {
            format!(
                "{clock} {} {}\n",
                millis.div_euclid(1000),
                millis.rem_euclid(1000) * 1_000_000
            )
        };
        line("monotonic", self.monotonic_ms) + &line("boottime", self.boottime_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Option<ClockOffsets>, SpecError> {
        ClockOffsets::parse(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn offsets_are_signed_and_a_later_one_wins() {
        assert_eq!(parse(&[]), Ok(None));
        let offsets = parse(&["boottime=24h", "monotonic=5", "monotonic=-1500ms"])
            .unwrap()
            .unwrap();
        assert_eq!(
            (offsets.boottime_ms, offsets.monotonic_ms),
            (86_400_000, -1500)
        );
        assert_eq!(
            offsets.lines(),
            "monotonic -2 500000000\nboottime 86400 0\n"
        );
        for bad in [
            "boottime",
            "realtime=1s",
            "boottime=soon",
            "boottime=--1",
            "=1",
            "boottime=",
        ] {
            assert_eq!(parse(&[bad]).unwrap_err().field, "time-offset", "{bad}");
        }
    }
}
