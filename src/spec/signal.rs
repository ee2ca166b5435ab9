//! Signals as people name them: `TERM`, `SIGTERM`, `15`.

use std::str::FromStr;

use nix::sys::signal::Signal;

use super::SpecError;

/// Parses a signal's name or number (1 to 64).
///
/// # Errors
/// [`SpecError`] when there is no such signal.
pub fn parse_signal(field: &'static str, text: &str) -> Result<i32, SpecError> {
    let upper = text.trim().to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let named = Signal::from_str(&format!("SIG{name}")).ok();
    // real-time signals have no name
    let number = named.map(|signal| signal as i32);
    let number = number.or_else(|| name.parse().ok().filter(|n| (1..=64).contains(n)));
    number.ok_or_else(|| {
        SpecError::new(field, format!("{text:?} is not a signal; use a name such as TERM, HUP or USR1, or a number from 1 to 64"))
    })
}

/// A signal's name for people: `SIGTERM`; `signal 40` where it has none.
#[must_use]
pub fn signal_name(number: i32) -> String {
    match Signal::try_from(number) {
        Ok(signal) => signal.as_str().to_owned(),
        Err(_) => format!("signal {number}"),
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
        assert_eq!(parse_signal("signal", "40"), Ok(40), "a real-time signal");
        for signal in Signal::iterator() {
            let number = signal as i32;
            assert_eq!(parse_signal("signal", &signal_name(number)), Ok(number));
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
