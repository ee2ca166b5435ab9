//! [`Sysctl`]: a namespaced kernel setting (`--sysctl`).

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::fields::parse_all;
use super::{IpcMode, NetworkMode, Preset, SpecError};

/// Settings that belong to a namespace of the container; any other would change the host (docker's
/// list).
const NAMESPACED: [&str; 8] = [
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.sem",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
    "kernel.shm_rmid_forced",
];

/// One namespaced kernel setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Sysctl {
    /// Dotted name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// As read from a record, unchecked.
#[derive(Deserialize)]
struct Written {
    name: String,
    value: String,
}

impl TryFrom<Written> for Sysctl {
    type Error = SpecError;
    fn try_from(written: Written) -> Result<Self, SpecError> {
        Self::new(written.name, written.value)
    }
}

impl Sysctl {
    /// Settings of a namespace need one of the container's own: otherwise they would change the
    /// host, or the other container.
    pub(super) fn resolve(request: &Preset, ipc: &IpcMode<String>) -> Result<Vec<Self>, SpecError> {
        let sysctls: Vec<Self> = parse_all(&request.sysctls)?;
        for sysctl in &sysctls {
            let (what, whose) = if sysctl.is_network() {
                let whose = match request.net.clone().unwrap_or_default() {
                    NetworkMode::None => None,
                    NetworkMode::Host => Some(Ok(())),
                    NetworkMode::Container(word) => Some(Err(word)),
                };
                ("network", whose)
            } else {
                let whose = match ipc {
                    IpcMode::Own => None,
                    IpcMode::Host => Some(Ok(())),
                    IpcMode::Container(word) => Some(Err(word.clone())),
                };
                ("ipc namespace", whose)
            };
            let name = &sysctl.name;
            let why = match whose {
                None => continue,
                Some(Ok(())) => format!("{name} would change the host: its {what} is the host's"),
                Some(Err(other)) => {
                    format!(
                        "{name} would change container {other}, or the host where that has the host's: its {what} is that container's"
                    )
                }
            };
            return Err(SpecError::new("sysctl", why));
        }
        Ok(sysctls)
    }

    /// Checks that it is a namespaced setting, and its value one line.
    fn new(name: String, value: String) -> Result<Self, SpecError> {
        let plain = name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
            && !name.split('.').any(str::is_empty);
        let namespaced = NAMESPACED.contains(&name.as_str())
            || name.starts_with("net.")
            || name.starts_with("fs.mqueue.");
        if !plain || !namespaced {
            return Err(SpecError::new(
                "sysctl",
                format!(
                    "{name:?} is not a namespaced setting; use net.*, fs.mqueue.* or {}",
                    NAMESPACED.join(", ")
                ),
            ));
        }
        if let Some(control) = value.chars().find(|c| c.is_control() && *c != '\t') {
            return Err(SpecError::new(
                "sysctl",
                format!("the value of {name:?} contains {control:?}; it must be one line"),
            ));
        }
        Ok(Self { name, value })
    }

    /// Its file below `/proc/sys`.
    #[must_use]
    pub fn file(&self) -> String {
        self.name.replace('.', "/")
    }

    /// Whether it belongs to the network namespace.
    #[must_use]
    pub fn is_network(&self) -> bool {
        self.name.starts_with("net.")
    }
}

impl FromStr for Sysctl {
    type Err = SpecError;
    fn from_str(text: &str) -> Result<Self, SpecError> {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| SpecError::new("sysctl", format!("{text:?} is not NAME=VALUE")))?;
        Self::new(name.to_owned(), value.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_namespaced_sysctls() {
        assert_eq!(
            "net.ipv4.ip_forward=1".parse::<Sysctl>().map(|s| s.file()),
            Ok("net/ipv4/ip_forward".to_owned())
        );
        assert!("kernel.shmmax=1".parse::<Sysctl>().is_ok());
        for bad in [
            "kernel.panic=1",
            "vm.swappiness=1",
            "net..x=1",
            "net./etc=1",
            "net.ipv4.../x=1",
            "net.x",
            "fs.file-max=1",
        ] {
            assert!(bad.parse::<Sysctl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_setting_needs_a_namespace_of_its_own_kind() {
        let refused = |sysctl: &str, net: &str, ipc: &str| {
            let request = Preset {
                net: Some(net.parse().unwrap()),
                sysctls: vec![sysctl.into()],
                ..Preset::default()
            };
            let ipc = ipc.parse().unwrap();
            Sysctl::resolve(&request, &ipc).map_err(|error| error.reason)
        };
        let (network, memory, queue) = ("net.x.y=1", "kernel.shmmax=1", "fs.mqueue.msg_max=1");
        for (sysctl, net, ipc, reason) in [
            (network, "host", "own", "the host: its network is"),
            (network, "container:a", "own", "container a, or"),
            (memory, "none", "host", "the host: its ipc namespace is"),
            (queue, "none", "container:a", "container a, or"),
        ] {
            let error = refused(sysctl, net, ipc).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
        for (sysctl, net, ipc) in [
            (network, "none", "host"),
            (memory, "host", "own"),
            (queue, "container:a", "own"),
        ] {
            assert!(refused(sysctl, net, ipc).is_ok(), "{sysctl} {net} {ipc}");
        }
    }

    #[test]
    fn the_value_of_a_sysctl_is_one_line() {
        assert!(
            "net.ipv4.tcp_rmem=4096\t131072 6291456"
                .parse::<Sysctl>()
                .is_ok()
        );
        for bad in [
            "net.ipv4.ip_forward=1\n0",
            "net.ipv4.ip_forward=1\n",
            "net.ipv4.ip_forward=1\0",
            "net.ipv4.ip_forward=\u{1b}[2J",
        ] {
            let message = bad.parse::<Sysctl>().unwrap_err().to_string();
            assert!(
                message.contains("one line") && !message.contains(char::is_control),
                "{message:?}"
            );
        }
    }

    #[test]
    fn an_invalid_setting_in_a_record_is_refused() {
        let read = |name: &str, value: &str| {
            serde_json::from_value::<Sysctl>(serde_json::json!({ "name": name, "value": value }))
        };
        assert_eq!(read("net.ipv4.ip_forward", "1").unwrap().value, "1");
        for (name, value) in [
            ("net.ipv4.ip_forward", "1\n0"),
            ("net.ipv4.ip_forward", "1\0"),
            ("kernel.core_pattern", "|/bin/sh"),
        ] {
            assert!(read(name, value).is_err(), "{name} {value:?}");
        }
    }
}
