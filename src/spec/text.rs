//! Commands and durations formatted for people.

use std::time::Duration;

/// A command quoted for a shell, so that it can be copied (POSIX Shell Command Language, 2.2
/// Quoting).
#[must_use]
pub fn quote_command(words: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    let quote = |word: &String| match word.as_str() {
        word if !word.is_empty() && word.chars().all(plain) => word.to_owned(),
        word => format!("'{}'", word.replace('\'', "'\\''")),
    };
    words.iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// A duration in at most six columns: `12s`, `4m12s`, `3h04m`, `2d03h`, `123d`.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{minutes}m{:02}s", seconds % 60),
        3600..86_400 => format!("{hours}h{:02}m", minutes % 60),
        86_400..8_640_000 => format!("{days}d{:02}h", hours % 24),
        _ => format!("{days}d"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_quoted_where_a_shell_needs_it() {
        let command = |words: &[&str]| {
            quote_command(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(command(&["sleep", "10", "--a=b"]), "sleep 10 --a=b");
        assert_eq!(
            command(&["sh", "-c", "echo 'a'", ""]),
            r"sh -c 'echo '\''a'\''' ''"
        );
    }

    #[test]
    fn durations() {
        let shown = [0, 59, 60, 3599, 3600, 86_399, 86_400, 8_640_000]
            .map(|s| format_duration(Duration::from_secs(s)));
        assert_eq!(
            shown,
            [
                "0s", "59s", "1m00s", "59m59s", "1h00m", "23h59m", "1d00h", "100d"
            ]
        );
    }
}
