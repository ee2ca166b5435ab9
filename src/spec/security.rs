//! [`Security`]: capabilities, seccomp and labels of a container. Safe by default; each part is
//! relaxed only by name.

use serde::{Deserialize, Serialize};

use super::{Capabilities, Preset, SeLinux, SpecError};

/// Which system calls are allowed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Seccomp {
    /// Those of `assets/seccomp.json`.
    #[default]
    Default,
    /// All of them.
    Unconfined,
    /// Those of a user's profile, copied beside the container's spec.
    Own,
}

/// The AppArmor profile that its processes are executed under, on a host that has AppArmor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AppArmor {
    /// That of `assets/apparmor.profile`.
    #[default]
    Default,
    /// None.
    Unconfined,
    /// One that this host has loaded.
    Named(String),
}

impl AppArmor {
    fn resolve(word: Option<&str>) -> Result<Self, SpecError> {
        match word.map(str::trim) {
            None | Some("" | "default") => Ok(Self::Default),
            Some("unconfined") => Ok(Self::Unconfined),
            Some(name)
                if name.len() <= 255
                    && !name.contains(|c: char| c.is_control() || c.is_whitespace()) =>
            {
                Ok(Self::Named(name.into()))
            }
            Some(other) => Err(SpecError::new(
                "apparmor",
                format!(
                    "{other:?} is not an AppArmor profile name; use default, unconfined, or one that is loaded"
                ),
            )),
        }
    }
}

/// The security settings of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Security {
    /// Capabilities of its root user; also the bounding set.
    pub capabilities: Capabilities,
    /// Capabilities requested by name, which a non-root user gets too.
    #[serde(skip_serializing_if = "is_none")]
    pub asked: Capabilities,
    /// System calls.
    pub seccomp: Seccomp,
    /// The AppArmor profile.
    pub apparmor: AppArmor,
    /// The SELinux label.
    pub selinux: SeLinux,
    /// Whether execve can never grant privileges (no_new_privs).
    pub no_new_privileges: bool,
    /// Whether all of this is off: every capability, every system call, every device, and `/proc`
    /// and `/sys` unmasked.
    pub privileged: bool,
}

fn is_none(set: &Capabilities) -> bool {
    *set == Capabilities::NONE
}

impl Default for Security {
    fn default() -> Self {
        Self {
            capabilities: Capabilities::default(),
            asked: Capabilities::NONE,
            seccomp: Seccomp::Default,
            apparmor: AppArmor::Default,
            selinux: SeLinux::Default,
            no_new_privileges: true,
            privileged: false,
        }
    }
}

impl Security {
    /// What `--privileged` turns off, in one sentence.
    pub const PRIVILEGED: &'static str = "privileged: it has every capability, every system call and every device, no_new_privs is off, no \
AppArmor profile and no SELinux label confines it, and nothing of /proc and /sys is masked or read-only: its root is this machine's root";

    /// The security settings of a request.
    ///
    /// # Errors
    /// [`SpecError`] naming the first wrong field.
    pub fn resolve(request: &Preset) -> Result<Self, SpecError> {
        let capabilities = Capabilities::default_with(&request.cap_add, &request.cap_drop)?;
        let asked = Capabilities::named(&request.cap_add)?;
        let seccomp = match request.seccomp.as_deref().map(str::trim) {
            None | Some("" | "default") => Seccomp::Default,
            Some("unconfined") => Seccomp::Unconfined,
            Some(file) if file.starts_with('/') && !file.contains('\0') => Seccomp::Own,
            Some(other) => {
                return Err(SpecError::new(
                    "seccomp",
                    format!(
                        "{other:?} is not a seccomp profile; use default, unconfined, or the absolute path of a profile"
                    ),
                ));
            }
        };
        let apparmor = AppArmor::resolve(request.apparmor.as_deref())?;
        let selinux = SeLinux::resolve(request.selinux.as_deref())?;
        if request.privileged == Some(true) {
            if seccomp == Seccomp::Own || !request.cap_drop.is_empty() {
                let field = if seccomp == Seccomp::Own {
                    "seccomp"
                } else {
                    "cap-drop"
                };
                return Err(SpecError::new(
                    field,
                    "--privileged turns all of that off; leave out one of the two",
                ));
            }
            return Ok(Self {
                capabilities: Capabilities::ALL,
                asked: Capabilities::ALL,
                seccomp: Seccomp::Unconfined,
                // named explicitly, so it is kept
                apparmor: if request.apparmor.is_none() {
                    AppArmor::Unconfined
                } else {
                    apparmor
                },
                selinux: if request.selinux.is_none() {
                    SeLinux::Unconfined
                } else {
                    selinux
                },
                no_new_privileges: false,
                privileged: true,
            });
        }
        let no_new_privileges = request.no_new_privileges.unwrap_or(true);
        Ok(Self {
            capabilities,
            asked,
            seccomp,
            apparmor,
            selinux,
            no_new_privileges,
            privileged: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn safe_by_default() {
        let safe = Security::resolve(&Preset::default()).unwrap();
        assert_eq!(safe, Security::default());
        assert!(safe.no_new_privileges && !safe.privileged && safe.seccomp == Seccomp::Default);
        let text = serde_json::to_string(&safe).unwrap();
        assert_eq!(serde_json::from_str::<Security>(&text).unwrap(), safe);
        assert_eq!(
            serde_json::from_str::<Security>("{}").unwrap(),
            safe,
            "a record of an older version is safe too"
        );
    }

    #[test]
    fn each_part_is_relaxed_by_name() {
        let one = |preset: Preset| Security::resolve(&preset).unwrap();
        let own = one(Preset {
            seccomp: Some("/etc/profile.json".into()),
            ..Preset::default()
        });
        assert_eq!(
            own,
            Security {
                seccomp: Seccomp::Own,
                ..Security::default()
            }
        );
        let named = one(Preset {
            apparmor: Some("my-profile".into()),
            ..Preset::default()
        });
        assert_eq!(
            named,
            Security {
                apparmor: AppArmor::Named("my-profile".into()),
                ..Security::default()
            }
        );
        let added = one(Preset {
            cap_add: vec!["NET_RAW".into()],
            ..Preset::default()
        });
        assert!(added.capabilities.has("CAP_NET_RAW") && added.asked.names() == ["CAP_NET_RAW"]);
        let privileged = one(Preset {
            privileged: Some(true),
            ..Preset::default()
        });
        assert!(
            privileged.privileged
                && privileged.capabilities == Capabilities::ALL
                && !privileged.no_new_privileges
        );
    }

    #[test]
    fn contradictions_are_refused() {
        let wrong = |preset: Preset| Security::resolve(&preset).unwrap_err().field;
        assert_eq!(
            wrong(Preset {
                seccomp: Some("profile.json".into()),
                ..Preset::default()
            }),
            "seccomp"
        );
        assert_eq!(
            wrong(Preset {
                apparmor: Some("two words".into()),
                ..Preset::default()
            }),
            "apparmor"
        );
        let privileged = Preset {
            privileged: Some(true),
            ..Preset::default()
        };
        assert_eq!(
            Security::resolve(&privileged).unwrap().apparmor,
            AppArmor::Unconfined
        );
        let named = Preset {
            apparmor: Some("default".into()),
            ..privileged.clone()
        };
        assert_eq!(
            Security::resolve(&named).unwrap().apparmor,
            AppArmor::Default
        );
        assert_eq!(
            wrong(Preset {
                seccomp: Some("/p".into()),
                ..privileged.clone()
            }),
            "seccomp"
        );
        assert_eq!(
            wrong(Preset {
                cap_drop: vec!["ALL".into()],
                ..privileged
            }),
            "cap-drop"
        );
    }
}
