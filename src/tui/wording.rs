//! How figures and endings are put into words: durations, percentages, causes of death.

use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::Signal;

use super::sanitise::printable;
use crate::record::ExitCause;
use crate::spec::format_bytes;

/// What stands for a figure that cannot be had.
pub const NOT_AVAILABLE: &str = "n/a";

/// A duration in at most six columns: `12s`, `4m12s`, `3h04m`, `2d03h`, `123d`.
#[must_use]
pub fn short(duration: Duration) -> String {
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

/// Cores as a percentage of one core, as htop shows it: `25.0%`, `312%`.
#[must_use]
pub fn percent(cores: f64) -> String {
    let percent = cores * 100.0;
    if percent < 99.95 { format!("{percent:.1}%") } else { format!("{percent:.0}%") }
}

/// A cap in cores as a percentage of one core, without needless digits: `25%`, `12.5%`, `200%`.
#[must_use]
pub fn cap_percent(cores: f64) -> String {
    let percent = (cores * 1000.0).round() / 10.0;
    format!("{percent}%")
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

/// The cause of death in two words, for the table.
#[must_use]
pub fn cause_in_brief(cause: &ExitCause) -> String {
    match cause {
        ExitCause::Exited { code } => format!("exited {code}"),
        ExitCause::Signaled { signal } => signal_name(*signal),
        ExitCause::OomKilled { .. } => "OOM killed".into(),
        ExitCause::SetupFailed { code, .. } => format!("not started ({code})"),
        ExitCause::Lost => "lost".into(),
    }
}

/// The cause of death in one sentence.
#[must_use]
pub fn cause_sentence(cause: &ExitCause) -> String {
    match cause {
        ExitCause::Exited { code: 0 } => "Its command finished and exited with 0.".into(),
        ExitCause::Exited { code } => format!("Its command exited with code {code}."),
        ExitCause::Signaled { signal } => format!("{} (signal {signal}) ended it.", signal_name(*signal)),
        ExitCause::OomKilled { peak, limit } => {
            let peak = peak.map_or(String::new(), |bytes| format!(" at {}", format_bytes(bytes)));
            match limit {
                Some(limit) => format!("The kernel killed it for want of memory{peak}: its limit is {}.", format_bytes(*limit)),
                None => format!("The kernel killed it for want of memory{peak}: the host had no more."),
            }
        }
        ExitCause::SetupFailed { step, errno: 0, .. } => format!("It never started: {}.", printable(step)),
        ExitCause::SetupFailed { step, errno, .. } => {
            format!("It never started: {}: {}.", printable(step), Errno::from_raw(*errno).desc())
        }
        ExitCause::Lost => "Its process is gone and nobody saw how: its supervisor was killed, or the machine went down.".into(),
    }
}

/// Whether an ending is one that nobody asked for.
#[must_use]
pub fn is_bad_end(cause: &ExitCause) -> bool {
    match cause {
        ExitCause::Exited { code } => *code != 0,
        // what `stop` sends
        ExitCause::Signaled { signal } => *signal != Signal::SIGTERM as i32,
        ExitCause::OomKilled { .. } | ExitCause::SetupFailed { .. } | ExitCause::Lost => true,
    }
}

fn signal_name(signal: i32) -> String {
    Signal::try_from(signal).map_or_else(|_| format!("signal {signal}"), |known| known.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_stay_short() {
        let shown = [0, 59, 60, 3599, 3600, 86_399, 86_400, 99 * 86_400, 100 * 86_400].map(|s| short(Duration::from_secs(s)));
        assert_eq!(shown, ["0s", "59s", "1m00s", "59m59s", "1h00m", "23h59m", "1d00h", "99d00h", "100d"]);
        assert!(shown.iter().all(|text| text.len() <= 6));
    }

    #[test]
    fn percentages() {
        assert_eq!([0.0, 0.25, 0.9994, 0.9996, 12.34].map(percent), ["0.0%", "25.0%", "99.9%", "100%", "1234%"]);
        assert_eq!([0.25, 0.125, 2.0, 0.5].map(cap_percent), ["25%", "12.5%", "200%", "50%"]);
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn every_end_has_its_sentence() {
        let oom = ExitCause::OomKilled { peak: Some(200 << 20), limit: Some(200 << 20) };
        assert_eq!(cause_sentence(&oom), "The kernel killed it for want of memory at 200M: its limit is 200M.");
        let failed = ExitCause::SetupFailed { step: "execve nosuch\x1b[2J".into(), errno: 2, code: 127 };
        assert_eq!(cause_sentence(&failed), "It never started: execve nosuch␛[2J: No such file or directory.");
        assert_eq!(cause_in_brief(&ExitCause::Signaled { signal: 9 }), "SIGKILL");
        assert_eq!(cause_in_brief(&ExitCause::Signaled { signal: 64 }), "signal 64");
        assert!(!is_bad_end(&ExitCause::Signaled { signal: 15 }) && is_bad_end(&oom));
    }
}
