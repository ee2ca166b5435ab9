//! [`Profile`]: docker's and OCI's JSON (OCI runtime spec, config-linux.md, "Seccomp"), evaluated
//! for one container.

use std::collections::BTreeMap;
use std::str::FromStr;

use nix::libc::sock_filter;
use serde::Deserialize;
use syscalls::Sysno;

use super::program::{Action, Comparison, Operator, Rule, compile};
use crate::spec::Capabilities;

/// The default profile.
const DEFAULT: &str = include_str!("../../../assets/seccomp.json");
/// EPERM: the default errno of a refusal.
const EPERM: u16 = 1;

/// An invalid profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ProfileError(String);

/// A profile as written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    default_action: String,
    #[serde(default)]
    default_errno_ret: Option<u16>,
    #[serde(default)]
    listener_path: Option<String>,
    #[serde(default)]
    syscalls: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    /// Docker's older spelling of a list of one.
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    names: Vec<String>,
    action: String,
    #[serde(default)]
    errno_ret: Option<u16>,
    #[serde(default)]
    args: Option<Vec<Argument>>,
    #[serde(default)]
    includes: Option<Filter>,
    #[serde(default)]
    excludes: Option<Filter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Argument {
    index: u8,
    value: u64,
    #[serde(default)]
    value_two: u64,
    op: String,
}

/// When an entry applies (docker's extension).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Filter {
    caps: Vec<String>,
    arches: Vec<String>,
    min_kernel: Option<String>,
}

/// The kernel and capabilities that a profile is compiled for.
#[derive(Debug, Clone, Copy)]
struct Setting {
    capabilities: Capabilities,
    kernel: (u32, u32),
}

impl Profile {
    /// The default profile.
    ///
    /// # Errors
    /// When `assets/seccomp.json` is invalid, which a test rules out.
    pub fn default_profile() -> Result<Self, ProfileError> {
        Self::read(DEFAULT)
    }

    /// Reads a profile that [`Profile::parse`] has validated before.
    ///
    /// # Errors
    /// When it is not valid JSON of a profile.
    pub fn read(json: &str) -> Result<Self, ProfileError> {
        serde_json::from_str(json).map_err(|e| ProfileError(e.to_string()))
    }

    /// Reads and validates a profile.
    ///
    /// # Errors
    /// What is wrong, with line and column.
    pub fn parse(json: &str) -> Result<Self, ProfileError> {
        let profile = Self::read(json)?;
        if profile.listener_path.is_some() {
            return Err(ProfileError(
                "listenerPath: system calls cannot be handed to another program here".into(),
            ));
        }
        // validate all words, whatever it is compiled for later
        profile.compile(Capabilities::NONE, (u32::MAX, 0))?;
        profile.compile(Capabilities::ALL, (u32::MAX, 0))?;
        Ok(profile)
    }

    /// The program for a container with `capabilities` on Linux `kernel` (major, minor).
    ///
    /// # Errors
    /// An unknown word in the profile, or more rules than a program can hold.
    pub fn compile(
        &self,
        capabilities: Capabilities,
        kernel: (u32, u32),
    ) -> Result<Vec<sock_filter>, ProfileError> {
        let setting = Setting {
            capabilities,
            kernel,
        };
        let default = action(&self.default_action, self.default_errno_ret)?;
        let mut rules: BTreeMap<u32, Vec<Rule>> = BTreeMap::new();
        for entry in &self.syscalls {
            let made = entry.rules()?;
            if !entry.holds(setting)? {
                continue;
            }
            // ignore a name that this architecture does not have
            let names = entry.names.iter().chain(&entry.name);
            for number in names.filter_map(|name| Sysno::from_str(name).ok()) {
                rules
                    .entry(number.id() as u32)
                    .or_default()
                    .extend(made.iter().cloned());
            }
        }
        compile(&rules, default).ok_or_else(|| {
            ProfileError("it has more rules than a program can hold (BPF_MAXINSNS, 4096)".into())
        })
    }
}

impl Entry {
    /// The rules of an entry: one, or one for each comparison if several compare the same argument,
    /// of which any may match.
    fn rules(&self) -> Result<Vec<Rule>, ProfileError> {
        let action = action(&self.action, self.errno_ret)?;
        let comparisons: Vec<Comparison> = self
            .args
            .iter()
            .flatten()
            .map(Argument::comparison)
            .collect::<Result<_, _>>()?;
        let twice = comparisons.iter().enumerate().any(|(at, one)| {
            comparisons[..at]
                .iter()
                .any(|other| other.argument == one.argument)
        });
        Ok(match twice {
            true => comparisons
                .into_iter()
                .map(|one| Rule {
                    action,
                    all_of: vec![one],
                })
                .collect(),
            false => vec![Rule {
                action,
                all_of: comparisons,
            }],
        })
    }

    fn holds(&self, setting: Setting) -> Result<bool, ProfileError> {
        let includes = self
            .includes
            .as_ref()
            .map_or(Ok(true), |filter| filter.all(setting))?;
        let excludes = self
            .excludes
            .as_ref()
            .map_or(Ok(false), |filter| filter.any(setting))?;
        Ok(includes && !excludes)
    }
}

impl Filter {
    fn kernel(&self, setting: Setting) -> Result<Option<bool>, ProfileError> {
        let Some(text) = &self.min_kernel else {
            return Ok(None);
        };
        let wrong = || ProfileError(format!("minKernel {text:?} is not MAJOR.MINOR"));
        let (major, minor) = text.split_once('.').ok_or_else(wrong)?;
        let least = (
            major.parse().map_err(|_| wrong())?,
            minor.parse().map_err(|_| wrong())?,
        );
        Ok(Some(setting.kernel >= least))
    }

    fn arch(&self) -> Option<bool> {
        let here = if cfg!(target_arch = "x86_64") {
            ["amd64", "x86_64"]
        } else {
            ["arm64", "aarch64"]
        };
        (!self.arches.is_empty())
            .then(|| self.arches.iter().any(|arch| here.contains(&arch.as_str())))
    }

    fn all(&self, setting: Setting) -> Result<bool, ProfileError> {
        let caps = self.caps.iter().all(|cap| setting.capabilities.has(cap));
        Ok(caps && self.arch() != Some(false) && self.kernel(setting)? != Some(false))
    }

    fn any(&self, setting: Setting) -> Result<bool, ProfileError> {
        let caps = self.caps.iter().any(|cap| setting.capabilities.has(cap));
        Ok(caps || self.arch() == Some(true) || self.kernel(setting)? == Some(true))
    }
}

impl Argument {
    fn comparison(&self) -> Result<Comparison, ProfileError> {
        let operator = match self.op.as_str() {
            "SCMP_CMP_NE" => Operator::NotEqual,
            "SCMP_CMP_LT" => Operator::Less,
            "SCMP_CMP_LE" => Operator::LessOrEqual,
            "SCMP_CMP_EQ" => Operator::Equal,
            "SCMP_CMP_GE" => Operator::GreaterOrEqual,
            "SCMP_CMP_GT" => Operator::Greater,
            "SCMP_CMP_MASKED_EQ" => Operator::MaskedEqual(self.value),
            other => {
                return Err(ProfileError(format!(
                    "{other:?} is not a comparison; use SCMP_CMP_EQ or the like"
                )));
            }
        };
        if self.index > 5 {
            return Err(ProfileError(format!(
                "index {}: a system call has arguments 0 to 5",
                self.index
            )));
        }
        let value = if matches!(operator, Operator::MaskedEqual(_)) {
            self.value_two
        } else {
            self.value
        };
        Ok(Comparison {
            argument: self.index,
            operator,
            value,
        })
    }
}

fn action(word: &str, errno: Option<u16>) -> Result<Action, ProfileError> {
    Ok(match word {
        "SCMP_ACT_ALLOW" => Action::Allow,
        "SCMP_ACT_LOG" => Action::Log,
        "SCMP_ACT_ERRNO" => Action::Errno(errno.unwrap_or(EPERM)),
        "SCMP_ACT_TRAP" => Action::Trap,
        "SCMP_ACT_KILL" | "SCMP_ACT_KILL_THREAD" => Action::KillThread,
        "SCMP_ACT_KILL_PROCESS" => Action::KillProcess,
        other => {
            return Err(ProfileError(format!(
                "the action {other:?} is not known here; use SCMP_ACT_ALLOW, _ERRNO, _LOG, _TRAP or _KILL_PROCESS"
            )));
        }
    })
}

#[cfg(test)]
#[path = "profile_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "docker_tests.rs"]
mod docker_tests;
