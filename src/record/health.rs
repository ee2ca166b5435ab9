//! [`Health`], the verdict of a health check, and [`HealthReport`], what it rests on.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The result of the health check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// It has not run yet.
    Starting,
    /// Its last run succeeded.
    Healthy,
    /// Its last runs failed, as many as its retries.
    Unhealthy,
}

impl Health {
    /// Its name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// What the verdict rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthReport {
    /// Since when the verdict is what it is.
    pub since: Timestamp,
    /// Failures in a row, at most as many as the check's retries.
    pub failures: u32,
    /// The last run that was recorded; none before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<CheckRun>,
}

/// A run of the health check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRun {
    /// When it ended.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// How it ended.
    pub end: CheckEnd,
    /// The end of what it wrote to stdout and stderr. It comes from the container: sanitize it
    /// before showing it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output: String,
    /// Whether it wrote more than that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// How a run of the health check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum CheckEnd {
    /// It exited.
    Exited {
        /// Its exit code, 128+N for signal N.
        code: i32,
    },
    /// It took longer than its interval and was killed.
    TimedOut,
    /// It could not be started.
    NotStarted,
}

impl CheckEnd {
    /// Whether it succeeded.
    #[must_use]
    pub fn is_success(self) -> bool {
        self == Self::Exited { code: 0 }
    }

    /// Its exit code, if it exited by itself.
    #[must_use]
    pub fn exit_code(self) -> Option<i32> {
        match self {
            Self::Exited { code } => Some(code),
            Self::TimedOut | Self::NotStarted => None,
        }
    }
}

impl CheckRun {
    /// How it ended.
    #[must_use]
    pub fn result(&self) -> String {
        match self.end {
            CheckEnd::Exited { code } => format!("exit {code}"),
            CheckEnd::TimedOut => "timed out".into(),
            CheckEnd::NotStarted => "could not be started".into(),
        }
    }

    /// Its result and the last line of its output, for a single line. The output comes from the
    /// container: sanitize it before showing it.
    #[must_use]
    pub fn brief(&self) -> String {
        match self.last_line() {
            Some(line) => format!("{}: {line}", self.result()),
            None => self.result(),
        }
    }

    /// The last line of its output that is not blank.
    #[must_use]
    pub fn last_line(&self) -> Option<&str> {
        self.output
            .lines()
            .rev()
            .map(str::trim)
            .find(|line| !line.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::State;

    #[test]
    fn states_without_a_report_are_read_and_a_report_is_read_again() {
        let old = r#"{"status": {"state": "created"}, "created_at": "2026-11-30T10:00:00Z", "health": "unhealthy"}"#;
        let mut state: State = serde_json::from_str(old).unwrap();
        assert_eq!(
            (state.health, &state.health_report),
            (Some(Health::Unhealthy), &None)
        );
        for end in [
            CheckEnd::Exited { code: 1 },
            CheckEnd::TimedOut,
            CheckEnd::NotStarted,
        ] {
            state.health_report = Some(HealthReport {
                since: state.created_at,
                failures: 3,
                last_run: Some(CheckRun {
                    at: state.created_at,
                    took_ms: 12,
                    end,
                    output: "a\0\u{1b}[31m\n \n".into(),
                    truncated: true,
                }),
            });
            let text = serde_json::to_string(&state).unwrap();
            assert_eq!(serde_json::from_str::<State>(&text).unwrap(), state);
        }
        let mut run = state.health_report.unwrap().last_run.unwrap();
        assert_eq!(run.last_line(), Some("a\0\u{1b}[31m"));
        run.output = "asking\n db is down \n\n".into();
        assert_eq!(run.brief(), "could not be started: db is down");
        (run.end, run.output) = (CheckEnd::TimedOut, String::new());
        assert_eq!(run.brief(), "timed out");
    }
}
