//! [`Capabilities`]: a set of capabilities (capabilities(7)), added to and dropped from the default
//! set as docker does.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::SpecError;

/// Every capability by number (linux/capability.h).
const NAMES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// Docker's default set (moby: oci/caps/defaults.go) without NET_RAW, which forges packets, and
/// MKNOD, which makes device nodes.
const DEFAULT_SET: [&str; 12] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "SYS_CHROOT",
    "AUDIT_WRITE",
    "SETFCAP",
];

/// A set of capabilities: bit N is capability N.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Capabilities(u64);

impl Default for Capabilities {
    fn default() -> Self {
        Self(
            DEFAULT_SET
                .iter()
                .filter_map(|name| number(name))
                .fold(0, |mask, number| mask | 1 << number),
        )
    }
}

impl Capabilities {
    /// The empty set.
    pub const NONE: Self = Self(0);
    /// Every capability.
    pub const ALL: Self = Self((1 << NAMES.len()) - 1);

    /// The mask that capset(2) takes.
    #[must_use]
    pub fn mask(self) -> u64 {
        self.0
    }

    /// The set that a mask of capget(2) stands for.
    #[must_use]
    pub fn from_mask(mask: u64) -> Self {
        Self(mask & Self::ALL.0)
    }

    /// The capabilities that are not in `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether `name`, as the kernel writes it (`CAP_SYS_ADMIN`), is in it.
    #[must_use]
    pub fn has(self, name: &str) -> bool {
        number(name).is_some_and(|number| self.0 & (1 << number) != 0)
    }

    /// The names, each with `CAP_`.
    #[must_use]
    pub fn names(self) -> Vec<String> {
        NAMES
            .iter()
            .enumerate()
            .filter(|(number, _)| self.0 & (1 << number) != 0)
            .map(|(_, name)| format!("CAP_{name}"))
            .collect()
    }

    /// The default set with `add` added and `drop` dropped; `ALL` stands for every capability. One
    /// named in both is kept, but a name in `drop` wins over `ALL` in `add`, as with docker.
    ///
    /// # Errors
    /// [`SpecError`] naming `cap-add` or `cap-drop` and the word that is not a capability.
    pub fn default_with(add: &[String], drop: &[String]) -> Result<Self, SpecError> {
        let (added, all_added) = words("cap-add", add)?;
        let (dropped, all_dropped) = words("cap-drop", drop)?;
        let base = match (all_added, all_dropped) {
            (true, _) => Self::ALL.0,
            (false, true) => 0,
            (false, false) => Self::default().0,
        };
        Ok(Self((base & !dropped) | added))
    }

    /// Only the capabilities that `add` names; all for `ALL`.
    ///
    /// # Errors
    /// As [`Capabilities::default_with`].
    pub fn named(add: &[String]) -> Result<Self, SpecError> {
        let (named, all) = words("cap-add", add)?;
        Ok(if all { Self::ALL } else { Self(named) })
    }
}

impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.names().join(" "))
    }
}

impl TryFrom<Vec<String>> for Capabilities {
    type Error = SpecError;
    fn try_from(names: Vec<String>) -> Result<Self, SpecError> {
        Ok(Self(words("capabilities", &names)?.0))
    }
}

impl From<Capabilities> for Vec<String> {
    fn from(set: Capabilities) -> Self {
        set.names()
    }
}

fn number(name: &str) -> Option<usize> {
    let bare = name.strip_prefix("CAP_").unwrap_or(name);
    NAMES.iter().position(|known| *known == bare)
}

/// The mask of the words, and whether `ALL` is among them.
fn words(field: &'static str, words: &[String]) -> Result<(u64, bool), SpecError> {
    let (mut mask, mut all) = (0, false);
    for word in words {
        let upper = word.trim().to_ascii_uppercase();
        match number(&upper) {
            Some(number) => mask |= 1 << number,
            None if upper == "ALL" => all = true,
            None => {
                return Err(SpecError::new(
                    field,
                    format!(
                        "{word:?} is not a capability; use a name such as NET_RAW (capabilities(7)) or ALL"
                    ),
                ));
            }
        }
    }
    Ok((mask, all))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(add: &[&str], drop: &[&str]) -> Capabilities {
        let texts = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        Capabilities::default_with(&texts(add), &texts(drop)).unwrap()
    }

    #[test]
    fn the_default_set_is_dockers_without_net_raw_and_mknod() {
        let usual = Capabilities::default();
        assert_eq!(usual.mask(), 0xa004_05fb, "as /proc/PID/status writes it");
        assert!(
            !usual.has("CAP_NET_RAW")
                && !usual.has("CAP_MKNOD")
                && !usual.has("CAP_SYS_ADMIN")
                && usual.has("CAP_CHOWN")
        );
    }

    #[test]
    fn added_and_dropped_as_docker_does() {
        assert!(set(&["net_raw"], &[]).has("CAP_NET_RAW"));
        assert_eq!(set(&["CHOWN"], &[]), Capabilities::default());
        assert_eq!(set(&["CHOWN"], &["CHOWN"]), Capabilities::default());
        assert!(!set(&[], &["CAP_CHOWN"]).has("CAP_CHOWN"));
        assert_eq!(set(&[], &["all"]), Capabilities::NONE);
        assert_eq!(set(&["CHOWN"], &["ALL"]).names(), ["CAP_CHOWN"]);
        assert_eq!(set(&["ALL"], &[]), Capabilities::ALL);
        assert!(!set(&["ALL"], &["SYS_ADMIN"]).has("CAP_SYS_ADMIN"));
    }

    #[test]
    fn a_set_is_saved_by_name() {
        let text = serde_json::to_string(&set(&["CHOWN", "KILL"], &["ALL"])).unwrap();
        assert_eq!(text, r#"["CAP_CHOWN","CAP_KILL"]"#);
        assert_eq!(
            serde_json::from_str::<Capabilities>(&text)
                .unwrap()
                .names()
                .len(),
            2
        );
        assert_eq!(
            Capabilities::default_with(&["FLY".into()], &[])
                .unwrap_err()
                .field,
            "cap-add"
        );
        assert_eq!(
            Capabilities::default_with(&[], &["FLY".into()])
                .unwrap_err()
                .field,
            "cap-drop"
        );
    }
}
