//! [`Scale`]: what a graph's upper edge stands for: a round value just above the data, or the
//! limit.

/// What the values of a graph are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Shares, of a core for one: 1 is 100 %.
    Share,
    /// Percent: 100 is all of the time.
    Percent,
    /// Bytes, or bytes a second.
    Bytes,
    /// Things that are counted.
    Count,
}

/// From this share of the limit on, the data is near it: the limit is part of the scale.
const NEAR: f64 = 0.6;

/// How far a value may be above a step and still be that step: history keeps 24 bits, and 20 % must
/// not become 50 % because it was kept as 0.200000003.
const KEPT: f64 = 1e-6;
/// The largest binary unit, a pebibyte.
const MAX_UNIT: f64 = 1024.0 * 1024.0 * 1024.0 * 1024.0 * 1024.0;

/// How far a sample may be above the limit that holds: a second's CPU time can have one period of
/// 100 ms more.
const JITTER: f64 = 0.1;

/// The scale of a graph.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The value at the upper edge; always above zero.
    pub top: f64,
    /// The limit, where it is within the scale: drawn as a line.
    pub line: Option<f64>,
}

impl Scale {
    /// A scale for data up to `highest`: a round value just above it, or the limit where the data
    /// comes near it.
    #[must_use]
    pub fn of_data(highest: f64, limit: Option<f64>, unit: Unit) -> Self {
        let top = unit.round_up(highest);
        match limit.filter(|limit| *limit > 0.0) {
            Some(limit) if highest >= NEAR * limit || top >= limit => {
                Self::of_limit(highest, limit, unit)
            }
            _ => Self { top, line: None },
        }
    }

    /// A scale up to `limit`, and beyond it only if the data is, by more than sampling explains.
    #[must_use]
    pub fn of_limit(highest: f64, limit: f64, unit: Unit) -> Self {
        let top = if limit > 0.0 && highest <= limit * (1.0 + JITTER) {
            limit
        } else {
            unit.round_up(highest)
        };
        Self {
            top,
            line: Some(limit).filter(|limit| *limit > 0.0),
        }
    }

    /// `value` as a share of the scale, 0 to 1.
    #[must_use]
    pub fn share(&self, value: f64) -> f64 {
        (value / self.top).clamp(0.0, 1.0)
    }
}

impl Unit {
    /// The least round value that is not below `value`: 1, 2 or 5 times a power of ten, of binary
    /// units for bytes. It has a floor, so that an idle container does not look busy.
    #[must_use]
    pub fn round_up(self, value: f64) -> f64 {
        let (floor, mut unit) = match self {
            Self::Share => (0.01, 0.01),
            Self::Percent | Self::Count => (5.0, 1.0),
            Self::Bytes => (1024.0, 1024.0),
        };
        if !value.is_finite() || value <= floor {
            return floor;
        }
        // 500K is followed by 1M
        while self == Self::Bytes && value > 500.0 * unit && unit < MAX_UNIT {
            unit *= 1024.0;
        }
        let mut power = unit;
        while value > 5.0 * power * (1.0 + KEPT) && power < f64::MAX / 100.0 {
            power *= 10.0;
        }
        let steps = [1.0, 2.0, 5.0].map(|step| step * power);
        let fits = |step: &&f64| value <= **step * (1.0 + KEPT);
        *steps.iter().find(fits).unwrap_or(&steps[2])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const M: f64 = 1_048_576.0;

    #[test]
    fn the_top_is_round() {
        let shares = [
            0.0, 0.004, 0.01, 0.011, 0.17, 0.2, 0.26, 0.51, 1.0, 3.12, 64.0,
        ];
        assert_eq!(
            shares.map(|value| (Unit::Share.round_up(value) * 100.0).round()),
            [
                1.0, 1.0, 1.0, 2.0, 20.0, 20.0, 50.0, 100.0, 100.0, 500.0, 10_000.0
            ]
        );
        assert_eq!(
            [0.0, 3.0, 11.0, 60.0].map(|value| Unit::Percent.round_up(value)),
            [5.0, 5.0, 20.0, 100.0]
        );
        assert_eq!(
            [1.0, 6.0, 700.0].map(|value| Unit::Count.round_up(value)),
            [5.0, 10.0, 1000.0]
        );
    }

    #[test]
    fn bytes_are_round_in_binary_units() {
        let tops = [
            0.0,
            3.0 * 1024.0,
            400.0 * 1024.0,
            501.0 * 1024.0,
            28.0 * M,
            600.0 * M,
        ];
        assert_eq!(
            tops.map(|value| Unit::Bytes.round_up(value)),
            [
                1024.0,
                5.0 * 1024.0,
                500.0 * 1024.0,
                M,
                50.0 * M,
                1024.0 * M
            ]
        );
    }

    #[test]
    fn a_value_kept_with_24_bits_is_still_round() {
        assert_eq!(Unit::Share.round_up(f64::from(0.2f32)), 0.2);
        assert_eq!(Unit::Share.round_up(f64::from(0.5f32)), 0.5);
    }

    #[test]
    fn any_value_has_a_top_at_or_above_it() {
        for unit in [Unit::Share, Unit::Percent, Unit::Bytes, Unit::Count] {
            for exponent in -40..300 {
                let value = 10f64.powi(exponent) * 1.7;
                let top = unit.round_up(value);
                assert!(
                    top.is_finite() && top * 1.000_01 >= value,
                    "{unit:?} {value}: {top}"
                );
            }
            for odd in [f64::NAN, f64::NEG_INFINITY, -1.0] {
                assert!(unit.round_up(odd) > 0.0);
            }
            assert!(unit.round_up(f64::INFINITY).is_finite());
        }
    }

    #[test]
    fn the_limit_is_a_line_when_the_data_is_near() {
        let scale = |highest, limit| Scale::of_data(highest, limit, Unit::Share);
        let lined = |top, line| Scale {
            top,
            line: Some(line),
        };
        assert_eq!(
            scale(0.17, None),
            Scale {
                top: 0.2,
                line: None
            }
        );
        assert_eq!(
            scale(0.17, Some(2.0)),
            Scale {
                top: 0.2,
                line: None
            }
        );
        assert_eq!(scale(1.2, Some(2.0)), lined(2.0, 2.0));
        // half of the limit, but the next round value is beyond it
        assert_eq!(
            scale(0.09, Some(0.17)),
            Scale {
                top: 0.1,
                line: None
            }
        );
        assert_eq!(scale(0.101, Some(0.18)), lined(0.18, 0.18));
        // near begins at 60 % of the limit
        assert_eq!(scale(0.19, Some(0.3)), lined(0.3, 0.3));
        assert_eq!(scale(0.17, Some(0.3)).line, None);
        // above the limit: it was lowered
        assert_eq!(scale(0.3, Some(0.25)), lined(0.5, 0.25));
        // held at its limit, but sampled with some more
        assert_eq!(scale(0.202, Some(0.2)), lined(0.2, 0.2));
        assert_eq!(
            scale(0.3, Some(0.0)),
            Scale {
                top: 0.5,
                line: None
            }
        );
    }

    #[test]
    fn the_other_scale_ends_at_the_limit() {
        let against = |highest, limit| Scale::of_limit(highest, limit, Unit::Bytes);
        assert_eq!(against(M, 256.0 * M).top, 256.0 * M);
        assert_eq!(against(300.0 * M, 256.0 * M).top, 500.0 * M);
        assert_eq!(against(300.0 * M, 256.0 * M).line, Some(256.0 * M));
        assert_eq!(against(3.0 * M, 0.0).top, 5.0 * M);
    }

    #[test]
    fn shares_of_the_scale() {
        let scale = Scale {
            top: 8.0,
            line: None,
        };
        assert_eq!(
            [-1.0, 2.0, 9.0].map(|value| scale.share(value)),
            [0.0, 0.25, 1.0]
        );
    }
}
