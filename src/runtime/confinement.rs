//! [`Confinement`]: what this host's security module, AppArmor or SELinux, executes a container's
//! processes under.

use std::ffi::CString;

use super::LaunchError;
use crate::record::{Record, Unapplied};
use crate::security::selinux::{self, Labels};
use crate::security::{Label, apparmor};
use crate::spec::{AppArmor, ContainerSpec, SeLinux};

/// What a container's processes are executed under, and its files are labelled with. Nothing at all
/// where the host has no security module.
#[derive(Debug, Default)]
pub(crate) struct Confinement {
    /// Where SELinux labels them.
    pub labels: Option<Labels>,
    /// What the kernel is told before each execve.
    pub(super) label: Option<Label>,
    /// What this host has and its processes do without.
    pub lacks: Option<Unapplied>,
}

impl Confinement {
    /// That of a container that is to be started.
    ///
    /// # Errors
    /// What was asked for by name and cannot be had.
    pub(crate) fn of(spec: &ContainerSpec) -> Result<Self, LaunchError> {
        let security = &spec.security;
        let mut found = Self::default();
        match (apparmor::label(&security.apparmor), &security.apparmor) {
            (Ok(label), _) => found.label = label,
            (Err(why), AppArmor::Named(_)) => {
                return Err(LaunchError::plain(format!("--apparmor: {why}")));
            }
            (Err(why), _) => {
                found.lacks = Some(Unapplied {
                    what: "AppArmor".into(),
                    why,
                })
            }
        }
        match (selinux::labels(spec), &security.selinux) {
            (Ok(None), _) => {}
            (Ok(Some(labels)), _) => {
                let context = CString::new(labels.process.as_str())
                    .map_err(|_| LaunchError::plain("the SELinux label has a NUL byte"))?;
                found.label = found.label.or(Some(Label::Context(context)));
                found.labels = Some(labels);
            }
            (Err(why), SeLinux::Named(_)) => {
                return Err(LaunchError::plain(format!("--selinux: {why}")));
            }
            (Err(why), _) => {
                found.lacks = Some(Unapplied {
                    what: "an SELinux label".into(),
                    why,
                })
            }
        }
        Ok(found)
    }

    /// That of a process that joins a running container: what its own processes have, neither more
    /// nor less. One with less could be led by what is in there to do what they may not.
    ///
    /// # Errors
    /// When that cannot be had.
    pub(super) fn of_running(record: &Record) -> Result<Self, LaunchError> {
        if record.state.unconfined.is_some() {
            return Ok(Self::default());
        }
        let found = Self::of(&record.spec)?;
        match &found.lacks {
            None => Ok(found),
            Some(lacks) => Err(LaunchError::plain(format!(
                "what joins {} would run without {lacks}",
                record.spec.name
            ))),
        }
    }
}
