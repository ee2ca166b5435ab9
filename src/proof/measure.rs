//! [`Measure`]: a measured figure and its expected value.

use crate::spec::format_bytes;

/// The unit of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// CPU time in percent of one core.
    PercentOfCore,
    /// Bytes.
    Bytes,
    /// A count.
    Times,
}

impl Unit {
    /// `percent of a core`, `bytes` or `times`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::PercentOfCore => "percent of a core",
            Self::Bytes => "bytes",
            Self::Times => "times",
        }
    }

    /// `25.1%`, `64.0M`, `1`.
    #[must_use]
    pub fn format(self, value: f64) -> String {
        match self {
            Self::PercentOfCore => format!("{value:.1}%"),
            Self::Bytes => format_bytes(value as u64),
            Self::Times => format!("{value:.0}"),
        }
    }
}

/// The expected value of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Expected {
    /// This, plus or minus the tolerance.
    About {
        /// The value.
        value: f64,
        /// In the figure's own unit.
        tolerance: f64,
    },
    /// This or less.
    AtMost(f64),
    /// This or more.
    AtLeast(f64),
}

impl Expected {
    /// The value without its tolerance.
    #[must_use]
    pub fn value(self) -> f64 {
        match self {
            Self::About { value, .. } | Self::AtMost(value) | Self::AtLeast(value) => value,
        }
    }

    /// The tolerance; a bound has none.
    #[must_use]
    pub fn tolerance(self) -> f64 {
        match self {
            Self::About { tolerance, .. } => tolerance,
            Self::AtMost(_) | Self::AtLeast(_) => 0.0,
        }
    }

    /// `about`, `at most` or `at least`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::About { .. } => "about",
            Self::AtMost(_) => "at most",
            Self::AtLeast(_) => "at least",
        }
    }
}

/// A measured figure and its expected value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    /// The figure's name.
    pub figure: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// The measured value; `None` when this kernel does not provide it.
    pub measured: Option<f64>,
    /// The expected value.
    pub expected: Expected,
}

impl Measure {
    /// Whether it was as expected; `None` when it is not available.
    #[must_use]
    pub fn holds(&self) -> Option<bool> {
        let measured = self.measured?;
        Some(match self.expected {
            Expected::About { value, tolerance } => (measured - value).abs() <= tolerance,
            Expected::AtMost(most) => measured <= most,
            Expected::AtLeast(least) => measured >= least,
        })
    }

    /// Whether it was too low.
    pub(super) fn is_low(&self) -> bool {
        self.measured.is_some_and(|measured| match self.expected {
            Expected::About { value, tolerance } => measured < value - tolerance,
            Expected::AtLeast(least) => measured < least,
            Expected::AtMost(_) => false,
        })
    }

    /// `25.1%`, or `n/a`.
    #[must_use]
    pub fn measured_text(&self) -> String {
        self.measured
            .map_or_else(|| "n/a".into(), |value| self.unit.format(value))
    }

    /// `25.0% ± 2.0%`, `at most 64.0M`.
    #[must_use]
    pub fn expected_text(&self) -> String {
        match self.expected {
            Expected::About { value, tolerance } => format!(
                "{} ± {}",
                self.unit.format(value),
                self.unit.format(tolerance)
            ),
            bound => format!("{} {}", bound.word(), self.unit.format(bound.value())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(measured: Option<f64>, expected: Expected) -> Measure {
        Measure {
            figure: "f",
            unit: Unit::PercentOfCore,
            measured,
            expected,
        }
    }

    #[test]
    fn the_tolerance_goes_both_ways_and_bounds_one() {
        let about = Expected::About {
            value: 25.0,
            tolerance: 2.0,
        };
        let holds = |measured| measure(Some(measured), about).holds();
        assert_eq!(
            [22.9, 23.0, 27.0, 27.1].map(holds),
            [Some(false), Some(true), Some(true), Some(false)]
        );
        assert_eq!(
            [22.9, 25.0, 27.1].map(|m| measure(Some(m), about).is_low()),
            [true, false, false]
        );
        assert_eq!(
            [9.0, 10.0, 11.0]
                .map(|m| measure(Some(m), Expected::AtMost(10.0)).holds() == Some(true)),
            [true, true, false]
        );
        assert_eq!(
            [9.0, 10.0, 11.0]
                .map(|m| measure(Some(m), Expected::AtLeast(10.0)).holds() == Some(true)),
            [false, true, true]
        );
        assert_eq!(measure(None, about).holds(), None);
    }

    #[test]
    fn in_words() {
        let about = measure(
            Some(25.06),
            Expected::About {
                value: 25.0,
                tolerance: 2.0,
            },
        );
        assert_eq!(
            (about.measured_text(), about.expected_text()),
            ("25.1%".into(), "25.0% ± 2.0%".into())
        );
        let peak = Measure {
            unit: Unit::Bytes,
            ..measure(None, Expected::AtMost(f64::from(64 << 20)))
        };
        assert_eq!(
            (peak.measured_text(), peak.expected_text()),
            ("n/a".into(), "at most 64.0M".into())
        );
        assert_eq!(
            Measure {
                unit: Unit::Times,
                ..measure(Some(1.0), Expected::AtLeast(1.0))
            }
            .expected_text(),
            "at least 1"
        );
    }
}
