//! [`RestartPolicy`]: whether and when a container that ended is restarted.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::SpecError;

/// The first back-off; each further one doubles.
const FIRST_DELAY: Duration = Duration::from_millis(100);
/// The maximum back-off.
const MAX_DELAY: Duration = Duration::from_secs(60);
/// A container that ran this long counts as recovered, and its back-off is reset (docker's rule).
pub const RECOVERED_AFTER: Duration = Duration::from_secs(10);

/// Whether a container that ended by itself is restarted. One that its user stopped never is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum RestartPolicy {
    /// Never.
    #[default]
    No,
    /// When it failed (exit code not 0, a signal, OOM), at most this many times in a row; `None` is
    /// unlimited.
    OnFailure(Option<u32>),
    /// However it ended.
    Always,
}

impl RestartPolicy {
    /// The delay before the next restart; `None`: it is not restarted. `in_a_row` counts restarts
    /// since it last ran for [`RECOVERED_AFTER`].
    #[must_use]
    pub fn delay(self, failed: bool, in_a_row: u32) -> Option<Duration> {
        let again = match self {
            Self::No => false,
            Self::OnFailure(None) => failed,
            Self::OnFailure(Some(most)) => failed && in_a_row < most,
            Self::Always => true,
        };
        again.then(|| {
            FIRST_DELAY
                .saturating_mul(1 << in_a_row.min(10))
                .min(MAX_DELAY)
        })
    }
}

impl FromStr for RestartPolicy {
    type Err = SpecError;
    fn from_str(text: &str) -> Result<Self, SpecError> {
        match text.split_once(':') {
            None if text == "no" => Ok(Self::No),
            None if text == "always" => Ok(Self::Always),
            None if text == "on-failure" => Ok(Self::OnFailure(None)),
            Some(("on-failure", most)) if most.parse::<u32>().is_ok_and(|m| m > 0) => {
                Ok(Self::OnFailure(most.parse().ok()))
            }
            _ => Err(SpecError::new(
                "restart",
                format!(
                    "{text:?} is not a restart policy; use no, on-failure, on-failure:N or always"
                ),
            )),
        }
    }
}

impl TryFrom<String> for RestartPolicy {
    type Error = SpecError;
    fn try_from(text: String) -> Result<Self, SpecError> {
        text.parse()
    }
}

impl From<RestartPolicy> for String {
    fn from(policy: RestartPolicy) -> Self {
        match policy {
            RestartPolicy::No => "no".into(),
            RestartPolicy::OnFailure(None) => "on-failure".into(),
            RestartPolicy::OnFailure(Some(most)) => format!("on-failure:{most}"),
            RestartPolicy::Always => "always".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_parse_and_print_alike() {
        for text in ["no", "always", "on-failure", "on-failure:3"] {
            assert_eq!(String::from(text.parse::<RestartPolicy>().unwrap()), text);
        }
        for bad in [
            "",
            "never",
            "on-failure:",
            "on-failure:0",
            "on-failure:x",
            "always:3",
        ] {
            assert!(bad.parse::<RestartPolicy>().is_err(), "{bad}");
        }
    }

    #[test]
    fn delays_double_up_to_a_minute_and_end() {
        let millis =
            |policy: RestartPolicy, failed, n| policy.delay(failed, n).map(|d| d.as_millis());
        assert_eq!(millis(RestartPolicy::No, true, 0), None);
        assert_eq!(millis(RestartPolicy::OnFailure(None), false, 0), None);
        assert_eq!(millis(RestartPolicy::Always, false, 0), Some(100));
        assert_eq!(millis(RestartPolicy::Always, true, 3), Some(800));
        assert_eq!(millis(RestartPolicy::Always, true, u32::MAX), Some(60_000));
        assert_eq!(
            millis(RestartPolicy::OnFailure(Some(2)), true, 1),
            Some(200)
        );
        assert_eq!(millis(RestartPolicy::OnFailure(Some(2)), true, 2), None);
    }
}
