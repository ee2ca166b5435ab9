//! Which network and which processes a container sees: its own, the host's, or another container's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::SpecError;

/// Which network a container sees.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum NetworkMode {
    /// A network namespace of its own with `lo` up and nothing else.
    #[default]
    None,
    /// The host's network namespace.
    Host,
    /// That of another container: what the user called it in a request, its id in a spec.
    Container(String),
}

/// Which processes a container sees.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum PidMode {
    /// A pid namespace of its own.
    #[default]
    Own,
    /// The host's: it sees and may signal every process of the host.
    Host,
    /// That of another container: what the user called it in a request, its id in a spec.
    Container(String),
}

fn container(text: &str) -> Option<String> {
    text.strip_prefix("container:").filter(|word| !word.is_empty()).map(str::to_owned)
}

macro_rules! mode {
    ($type:ident, $field:literal, $own:ident, $own_word:literal, $what:literal) => {
        impl FromStr for $type {
            type Err = SpecError;
            fn from_str(text: &str) -> Result<Self, SpecError> {
                match text {
                    $own_word => Ok(Self::$own),
                    "host" => Ok(Self::Host),
                    other => container(other).map(Self::Container).ok_or_else(|| {
                        let allowed = concat!($own_word, ", host or container:ID");
                        SpecError::new($field, format!("{other:?} is not a {}; use {allowed}", $what))
                    }),
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Self::$own => f.pad($own_word),
                    Self::Host => f.pad("host"),
                    Self::Container(word) => f.pad(&format!("container:{word}")),
                }
            }
        }

        impl TryFrom<String> for $type {
            type Error = SpecError;
            fn try_from(text: String) -> Result<Self, SpecError> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(mode: $type) -> Self {
                mode.to_string()
            }
        }
    };
}

mode!(NetworkMode, "net", None, "none", "network mode");
mode!(PidMode, "pid", Own, "own", "pid mode");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_parse_and_print_alike() {
        for text in ["none", "host", "container:web"] {
            assert_eq!(text.parse::<NetworkMode>().unwrap().to_string(), text);
        }
        for text in ["own", "host", "container:web"] {
            assert_eq!(text.parse::<PidMode>().unwrap().to_string(), text);
        }
        for bad in ["", "bridge", "container:", "Host"] {
            assert!(bad.parse::<NetworkMode>().is_err() && bad.parse::<PidMode>().is_err(), "{bad}");
        }
    }
}
