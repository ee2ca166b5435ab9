//! Signals as people name them: `TERM`, `SIGTERM`, `15`.

use super::SpecError;

/// Names and numbers on Linux (signal(7)); the numbers are those of every architecture we run on
/// but Alpha, MIPS and SPARC.
const SIGNALS: [(&str, i32); 31] = [
    ("HUP", 1),
    ("INT", 2),
    ("QUIT", 3),
    ("ILL", 4),
    ("TRAP", 5),
    ("ABRT", 6),
    ("BUS", 7),
    ("FPE", 8),
    ("KILL", 9),
    ("USR1", 10),
    ("SEGV", 11),
    ("USR2", 12),
    ("PIPE", 13),
    ("ALRM", 14),
    ("TERM", 15),
    ("STKFLT", 16),
    ("CHLD", 17),
    ("CONT", 18),
    ("STOP", 19),
    ("TSTP", 20),
    ("TTIN", 21),
    ("TTOU", 22),
    ("URG", 23),
    ("XCPU", 24),
    ("XFSZ", 25),
    ("VTALRM", 26),
    ("PROF", 27),
    ("WINCH", 28),
    ("IO", 29),
    ("PWR", 30),
    ("SYS", 31),
];

/// Parses a signal's name or number (1 to 64).
///
/// # Errors
/// [`SpecError`] when there is no such signal.
pub fn parse_signal(field: &'static str, text: &str) -> Result<i32, SpecError> {
    let upper = text.trim().to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let number = SIGNALS
        .iter()
        .find(|(n, _)| *n == name)
        .map(|(_, number)| *number);
    let number = number.or_else(|| name.parse().ok().filter(|n| (1..=64).contains(n)));
    number.ok_or_else(|| {
        SpecError::new(field, format!("{text:?} is not a signal; use a name such as TERM, HUP or USR1, or a number from 1 to 64"))
    })
}

/// A signal's name for people: `SIGTERM`; `signal 40` where it has none.
#[must_use]
pub fn signal_name(number: i32) -> String {
    match SIGNALS.iter().find(|(_, n)| *n == number) {
        Some((name, _)) => format!("SIG{name}"),
        None => format!("signal {number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        for text in ["TERM", "sigterm", "15", " SIGTERM "] {
            assert_eq!(parse_signal("signal", text), Ok(15), "{text}");
        }
        for bad in ["", "0", "65", "-9", "TERMINATE", "SIG"] {
            assert!(parse_signal("signal", bad).is_err(), "{bad}");
        }
        assert_eq!(
            (signal_name(9), signal_name(40)),
            ("SIGKILL".to_owned(), "signal 40".to_owned())
        );
    }
}
