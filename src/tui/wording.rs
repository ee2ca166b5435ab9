//! Figures and exit causes as text.

use nix::sys::signal::Signal;

use super::sanitise::printable;
use crate::record::ExitCause;
use crate::spec::format_bytes;

/// Shown for a figure that is not available.
pub const NOT_AVAILABLE: &str = "n/a";

/// Cores as a percentage of one core, as htop shows it: `25.0%`, `312%`.
#[must_use]
pub fn percent(cores: f64) -> String {
    let percent = cores * 100.0;
    if percent < 99.95 {
        format!("{percent:.1}%")
    } else {
        format!("{percent:.0}%")
    }
}

/// A cap in cores as a percentage of one core, without needless digits: `25%`, `12.5%`, `200%`.
#[must_use]
pub fn cap_percent(cores: f64) -> String {
    let percent = (cores * 1000.0).round() / 10.0;
    format!("{percent}%")
}

/// Bytes without needless digits: `20M`, `1.5G`.
#[must_use]
pub fn round_bytes(bytes: u64) -> String {
    let words = format_bytes(bytes);
    let Some((number, unit)) = words.split_at_checked(words.len() - 1) else {
        return words;
    };
    match number.contains('.') {
        true => format!(
            "{}{unit}",
            number.trim_end_matches('0').trim_end_matches('.')
        ),
        false => words,
    }
}

/// A number with its thousands set apart: `1,234,567`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The exit cause in one sentence, safe to draw.
#[must_use]
pub fn cause_sentence(cause: &ExitCause) -> String {
    printable(&cause.sentence())
}

/// Whether the container ended without being asked to, with an error.
#[must_use]
pub fn is_unexpected(cause: &ExitCause) -> bool {
    match cause {
        ExitCause::Exited { code } => *code != 0,
        // sent by `stop`
        ExitCause::Signaled { signal, .. } => *signal != Signal::SIGTERM as i32,
        ExitCause::OomKilled { .. } | ExitCause::SetupFailed { .. } | ExitCause::Lost => true,
    }
}

/// Names in one line: `web, db, cache and 9 more`.
#[must_use]
pub fn listed(names: &[&str], max: usize) -> String {
    match names {
        names if names.len() <= max => names.join(", "),
        names => {
            let (some, rest) = names.split_at(max);
            format!("{} and {} more", some.join(", "), rest.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages() {
        assert_eq!(
            [0.0, 0.25, 0.9994, 0.9996, 12.34].map(percent),
            ["0.0%", "25.0%", "99.9%", "100%", "1234%"]
        );
        assert_eq!(
            [0.25, 0.125, 2.0, 0.5].map(cap_percent),
            ["25%", "12.5%", "200%", "50%"]
        );
    }

    #[test]
    fn bytes_without_needless_digits() {
        assert_eq!(
            [0, 5 << 10, 200 << 20, 1536 << 20, 20 << 30].map(round_bytes),
            ["0B", "5K", "200M", "1.5G", "20G"]
        );
    }

    #[test]
    fn thousands_are_separated() {
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "1,234,567"]
        );
    }

    #[test]
    fn every_exit_cause_has_a_sentence() {
        let oom = ExitCause::OomKilled {
            peak: Some(200 << 20),
            limit: Some(200 << 20),
        };
        assert_eq!(
            cause_sentence(&oom),
            "Out of memory (OOM): the kernel killed it at 200M, its limit is 200M."
        );
        let failed = ExitCause::SetupFailed {
            step: "execve nosuch\x1b[2J".into(),
            errno: 2,
            code: 127,
        };
        assert_eq!(
            cause_sentence(&failed),
            "It never started: execve nosuch␛[2J: No such file or directory."
        );
        assert_eq!(
            ExitCause::Signaled {
                signal: 9,
                by_us: false
            }
            .brief(),
            "SIGKILL"
        );
        assert_eq!(
            ExitCause::Signaled {
                signal: 64,
                by_us: false
            }
            .brief(),
            "signal 64"
        );
        assert!(
            !is_unexpected(&ExitCause::Signaled {
                signal: 15,
                by_us: false
            }) && is_unexpected(&oom)
        );
    }
}
