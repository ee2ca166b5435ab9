//! Sizes and CPU amounts as people write them: `128`, `64M`, `1.5G`; `512` shares; `0.5` cores.

use super::SpecError;

const MIB: u64 = 1 << 20;
/// The minimum memory limit, in bytes: below it not even `/bin/sh` starts.
pub const MIN_MEMORY: u64 = 1 << 20;
/// Range of cgroup v1 `cpu.shares` (kernel: Documentation/scheduler/sched-design-CFS.rst;
/// `MIN_SHARES`, `MAX_SHARES`).
pub const MIN_CPU_SHARES: u64 = 2;
/// See [`MIN_CPU_SHARES`].
pub const MAX_CPU_SHARES: u64 = 262_144;

/// Parses an amount of bytes: a bare number is MB (2^20 bytes, as Mini Container and its users
/// write it), `64M`, `1.5G`, `512K`, `4096b` name their unit (powers of 1024; an ending `iB` or `B`
/// is accepted).
///
/// # Errors
/// [`SpecError`] when it is not a number, has an unknown unit or overflows.
pub fn parse_bytes(field: &'static str, text: &str) -> Result<u64, SpecError> {
    let bad = |why: &str| {
        SpecError::new(
            field,
            format!("{text:?} {why}; write MB as a number (128) or with a unit (64M, 1.5G)"),
        )
    };
    let trimmed = text.trim();
    let split = trimmed
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(trimmed.len());
    let (digits, unit) = trimmed.split_at(split);
    let scale: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "m" | "mb" | "mib" => MIB,
        "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "g" | "gb" | "gib" => 1 << 30,
        "t" | "tb" | "tib" => 1 << 40,
        "p" | "pb" | "pib" => 1 << 50,
        other => return Err(bad(&format!("has the unknown unit {other:?}"))),
    };
    let bytes = if let Ok(whole) = digits.parse::<u64>() {
        whole
            .checked_mul(scale)
            .ok_or_else(|| bad("is too large"))?
    } else {
        let amount: f64 = digits.parse().map_err(|_| bad("is not a memory size"))?;
        let scaled = amount * scale as f64;
        if !scaled.is_finite() || scaled >= i64::MAX as f64 {
            return Err(bad("is too large"));
        }
        scaled as u64
    };
    if bytes > i64::MAX as u64 {
        return Err(bad("is too large"));
    }
    Ok(bytes)
}

/// As [`parse_bytes`], for a memory limit: at least [`MIN_MEMORY`].
///
/// # Errors
/// As [`parse_bytes`], or [`SpecError`] below [`MIN_MEMORY`].
pub fn parse_memory(field: &'static str, text: &str) -> Result<u64, SpecError> {
    match parse_bytes(field, text)? {
        few if few < MIN_MEMORY => {
            let least = format_bytes(MIN_MEMORY);
            Err(SpecError::new(
                field,
                format!(
                    "{text:?} is too small: at least {least} is needed to start anything; write MB as a number (128) or with a unit (64M, 1.5G)"
                ),
            ))
        }
        bytes => Ok(bytes),
    }
}

/// Parses CPU shares, 1024 being one core's worth.
///
/// # Errors
/// [`SpecError`] outside `2..=262144` (the range of cgroup v1's `cpu.shares`).
pub fn parse_shares(field: &'static str, text: &str) -> Result<u64, SpecError> {
    match text.trim().parse::<u64>() {
        Ok(shares) if (MIN_CPU_SHARES..=MAX_CPU_SHARES).contains(&shares) => Ok(shares),
        _ => Err(SpecError::new(
            field,
            format!(
                "{text:?} is not an amount of CPU shares; use {MIN_CPU_SHARES} to {MAX_CPU_SHARES}, 1024 being one core (512 is half a core)"
            ),
        )),
    }
}

/// Parses a number of cores (`0.5`, `2`) into thousandths of a core.
///
/// # Errors
/// [`SpecError`] when it is not a number or outside 0.01 to 10,000 cores.
pub fn parse_cpus(field: &'static str, text: &str) -> Result<u64, SpecError> {
    match text.trim().parse::<f64>() {
        Ok(cores) if (0.01..=10_000.0).contains(&cores) => Ok((cores * 1000.0).round() as u64),
        _ => Err(SpecError::new(
            field,
            format!("{text:?} is not a number of cores; use 0.01 or more, such as 0.5 or 2"),
        )),
    }
}

/// Bytes as htop shows them: at most three significant digits and a binary unit (`0B`, `12.3M`,
/// `1.50G`).
#[must_use]
pub fn format_bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["B", "K", "M", "G", "T", "P"];
    let mut value = bytes as f64;
    let mut unit = 0;
    // 999.5 would round to four digits: move to the next unit first
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    match (unit, value) {
        (0, _) => format!("{bytes}B"),
        (_, v) if v < 9.995 => format!("{v:.2}{}", UNITS[unit]),
        (_, v) if v < 99.95 => format!("{v:.1}{}", UNITS[unit]),
        (_, v) => format!("{v:.0}{}", UNITS[unit]),
    }
}

/// Bytes as the flags take them, to the byte, in the largest unit that is exact: `128M`, `1500K`,
/// `70001b`.
#[must_use]
pub fn exact_bytes(bytes: u64) -> String {
    [("G", 30), ("M", 20), ("K", 10)]
        .into_iter()
        .find(|(_, bits)| bytes > 0 && bytes.trailing_zeros() >= *bits)
        .map_or_else(
            || format!("{bytes}b"),
            |(unit, bits)| format!("{}{unit}", bytes >> bits),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_bare_number_is_megabytes() {
        assert_eq!(parse_memory("memory", "128"), Ok(128 * MIB));
        assert_eq!(parse_memory("memory", "64M"), Ok(64 * MIB));
        assert_eq!(parse_memory("memory", "1.5G"), Ok(1536 * MIB));
        assert_eq!(parse_memory("memory", "524288K"), Ok(512 * MIB));
        assert_eq!(parse_memory("memory", " 2GiB "), Ok(2048 * MIB));
    }

    #[test]
    fn each_unit_is_1024_of_the_one_before() {
        let (bytes, fits) = (|text: &str| parse_bytes("storage", text), i64::MAX as u64);
        for (n, unit) in ["b", "k", "m", "g", "t", "p"].into_iter().enumerate() {
            let size = Ok(3 << (10 * n));
            assert_eq!(bytes(&format!("3{unit}")), size);
            if n > 0 {
                assert_eq!(bytes(&format!("3{unit}B")), size);
                assert_eq!(bytes(&format!("3 {}iB", unit.to_uppercase())), size);
                assert_eq!(bytes(&format!("1.5{unit}")), size.map(|size| size / 2));
            }
        }
        assert_eq!(bytes(&format!("{fits}b")), Ok(fits));
        assert_eq!(bytes("8191P"), Ok(8191 << 50));
        assert_eq!(bytes("8191.5P"), Ok((8192 << 50) - (1 << 49)));
        for large in [format!("{}b", fits + 1), "8192P".into(), "8192.0P".into()] {
            let error = bytes(&large).unwrap_err();
            assert!(error.reason.contains("too large"), "{large}: {error}");
        }
    }

    #[test]
    fn memory_refuses_nonsense_overflow_and_too_little() {
        for bad in [
            "",
            "x",
            "12Q",
            "-1",
            "1e9G",
            "99999999999999999999",
            "18446744073709551615T",
            "0",
            "100K",
            "1.2.3G",
            "inf",
        ] {
            let error = parse_memory("memory", bad).unwrap_err();
            assert_eq!(error.field, "memory", "{bad}");
        }
    }

    #[test]
    fn shares_and_cpus_have_ranges() {
        assert_eq!(parse_shares("cpu", "512"), Ok(512));
        assert!(parse_shares("cpu", "1").is_err());
        assert!(parse_shares("cpu", "0.5").is_err());
        assert_eq!(parse_cpus("cpus", "0.5"), Ok(500));
        assert_eq!(parse_cpus("cpus", "2"), Ok(2000));
        assert!(parse_cpus("cpus", "NaN").is_err());
        assert!(parse_cpus("cpus", "0").is_err());
    }

    #[test]
    fn bytes_are_short() {
        for (bytes, shown) in [
            (0, "0B"),
            (999, "999B"),
            (1000, "0.98K"),
            (10 << 10, "10.0K"),
            (128 << 20, "128M"),
            ((3 << 30) / 2, "1.50G"),
            (u64::MAX, "16384P"),
            // three digits, rounded: 9.994 and 9.996, 99.94 and 99.96, 999.4 and 999.6
            (10_234, "9.99K"),
            (10_236, "10.0K"),
            (102_338, "99.9K"),
            (102_359, "100K"),
            (1_023_385, "999K"),
            (1_023_590, "0.98M"),
        ] {
            assert_eq!(format_bytes(bytes), shown, "{bytes}");
        }
    }

    #[test]
    fn exact_bytes_are_read_again_to_the_byte() {
        for (bytes, text) in [
            (0, "0b"),
            (1, "1b"),
            (128 << 20, "128M"),
            (3 << 30, "3G"),
            ((3 << 30) / 2, "1536M"),
            (1025 << 10, "1025K"),
            (70_001, "70001b"),
        ] {
            assert_eq!(exact_bytes(bytes), text);
            assert_eq!(parse_bytes("memory", text), Ok(bytes), "{text}");
        }
    }
}
