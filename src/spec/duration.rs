//! [`parse_duration`]: a time as people write it.

use std::time::Duration;

use super::SpecError;

/// Parses a time such as `10`, `10s`, `500ms`, `2m`, `1h`; a bare number is seconds.
///
/// # Errors
/// [`SpecError`] when it is not a time, or longer than a year.
pub fn parse_duration(field: &'static str, text: &str) -> Result<Duration, SpecError> {
    let wrong = || {
        SpecError::new(
            field,
            format!("{text:?} is not a time; write seconds (10) or a unit: 500ms, 10s, 2m, 1h"),
        )
    };
    let trimmed = text.trim();
    let split = trimmed
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(trimmed.len());
    let (digits, unit) = trimmed.split_at(split);
    let scale = match unit {
        "" | "s" => 1.0,
        "ms" => 0.001,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(wrong()),
    };
    let seconds = digits.parse::<f64>().map_err(|_| wrong())? * scale;
    if seconds.is_finite() && seconds <= 366.0 * 86_400.0 {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err(wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let millis = |text| parse_duration("t", text).map(|d| d.as_millis()).ok();
        assert_eq!(
            ["10", "0.5", "500ms", "2m", "1h"].map(millis),
            [
                Some(10_000),
                Some(500),
                Some(500),
                Some(120_000),
                Some(3_600_000)
            ]
        );
        assert_eq!(millis("8784h"), Some(366 * 86_400_000), "a leap year");
        assert_eq!(
            ["", "s", "-1", "1d", "1e9h", "8785h", "."].map(millis),
            [None; 7]
        );
    }
}
