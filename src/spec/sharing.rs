//! Namespace modes: a container's own, the host's, or another container's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{ContainerId, SpecError};

/// The network namespace of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    try_from = "String",
    into = "String",
    bound(
        serialize = "C: Clone + fmt::Display",
        deserialize = "C: TryFrom<String>"
    )
)]
pub enum NetworkMode<C = ContainerId> {
    /// A network namespace of its own with `lo` up and nothing else.
    #[default]
    None,
    /// The host's network namespace.
    Host,
    /// That of another container: what the user called it in a request, its id in a spec.
    Container(C),
}

/// The pid namespace of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    try_from = "String",
    into = "String",
    bound(
        serialize = "C: Clone + fmt::Display",
        deserialize = "C: TryFrom<String>"
    )
)]
pub enum PidMode<C = ContainerId> {
    /// A pid namespace of its own.
    #[default]
    Own,
    /// The host's: it sees and may signal all processes of the host.
    Host,
    /// That of another container: what the user called it in a request, its id in a spec.
    Container(C),
}

/// The IPC namespace of a container: System V IPC objects and POSIX message queues
/// (ipc_namespaces(7)).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    try_from = "String",
    into = "String",
    bound(
        serialize = "C: Clone + fmt::Display",
        deserialize = "C: TryFrom<String>"
    )
)]
pub enum IpcMode<C = ContainerId> {
    /// Its own.
    #[default]
    Own,
    /// The host's.
    Host,
    /// That of another container: what the user called it in a request, its id in a spec.
    Container(C),
}

/// Whether a namespace that cannot be another container's is the container's own or the host's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Own {
    /// Its own.
    #[default]
    Own,
    /// The host's.
    Host,
}

impl Own {
    /// Parses `own` or `host`; `private` is docker's word for `own`.
    ///
    /// # Errors
    /// [`SpecError`] of `field`.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, SpecError> {
        match text {
            "own" | "private" => Ok(Self::Own),
            "host" => Ok(Self::Host),
            other => Err(SpecError::new(
                field,
                format!("{other:?} is neither own nor host"),
            )),
        }
    }
}

fn container<C: TryFrom<String>>(text: &str) -> Option<C> {
    let word = text.strip_prefix("container:")?;
    let word = Some(word).filter(|word| !word.is_empty())?;
    C::try_from(word.to_owned()).ok()
}

macro_rules! mode {
    ($type:ident, $field:literal, $own:ident, $own_word:literal, $what:literal) => {
        impl<C> $type<C> {
            /// The same mode with the other container mapped by `found`.
            ///
            /// # Errors
            /// As `found`.
            pub fn look_up<D, E>(
                self,
                found: impl FnOnce(C) -> Result<D, E>,
            ) -> Result<$type<D>, E> {
                Ok(match self {
                    Self::$own => $type::$own,
                    Self::Host => $type::Host,
                    Self::Container(other) => $type::Container(found(other)?),
                })
            }

            /// The other container, if it joins one.
            #[must_use]
            pub fn container(&self) -> Option<&C> {
                match self {
                    Self::Container(other) => Some(other),
                    _ => None,
                }
            }
        }

        impl<C: TryFrom<String>> FromStr for $type<C> {
            type Err = SpecError;
            fn from_str(text: &str) -> Result<Self, SpecError> {
                match text {
                    $own_word => Ok(Self::$own),
                    "host" => Ok(Self::Host),
                    other => container(other).map(Self::Container).ok_or_else(|| {
                        let allowed = concat!($own_word, ", host or container:ID");
                        SpecError::new(
                            $field,
                            format!("{other:?} is not a {}; use {allowed}", $what),
                        )
                    }),
                }
            }
        }

        impl<C: fmt::Display> fmt::Display for $type<C> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Self::$own => f.pad($own_word),
                    Self::Host => f.pad("host"),
                    Self::Container(word) => f.pad(&format!("container:{word}")),
                }
            }
        }

        impl<C: TryFrom<String>> TryFrom<String> for $type<C> {
            type Error = SpecError;
            fn try_from(text: String) -> Result<Self, SpecError> {
                text.parse()
            }
        }

        impl<C: fmt::Display> From<$type<C>> for String {
            fn from(mode: $type<C>) -> Self {
                mode.to_string()
            }
        }
    };
}

mode!(NetworkMode, "net", None, "none", "network mode");
mode!(PidMode, "pid", Own, "own", "pid mode");
mode!(IpcMode, "ipc", Own, "own", "ipc mode");

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
            assert_eq!(text.parse::<IpcMode>().unwrap().to_string(), text);
        }
        for bad in ["", "bridge", "container:", "Host"] {
            assert!(
                bad.parse::<NetworkMode>().is_err() && bad.parse::<PidMode>().is_err(),
                "{bad}"
            );
        }
        assert_eq!(
            ["own", "private", "host"].map(|t| Own::parse("uts", t)),
            [Ok(Own::Own), Ok(Own::Own), Ok(Own::Host)]
        );
        assert!(
            Own::parse("uts", "container:web")
                .unwrap_err()
                .to_string()
                .starts_with("uts: ")
        );
    }
}
