//! What `run` and `create` take to make a container less, or more, safe than it is by itself.

use clap::Args;

use super::failure::Failure;
use crate::spec::{ContainerRequest, Preset, Security, SpecError};

/// Says on standard error what a privileged container gives up: nobody shall do that by accident.
pub(super) fn warn_of_privileges(what: &ContainerRequest) {
    if what.settings.privileged == Some(true) {
        Failure::ours(Security::PRIVILEGED).report("");
    }
}

/// What it may do.
#[derive(Debug, Args)]
#[command(next_help_heading = "Security")]
pub(super) struct SecurityFlags {
    /// Add a capability to the default ones, such as NET_RAW, or ALL
    #[arg(long, value_name = "CAPABILITY")]
    cap_add: Vec<String>,

    /// Drop one of the default capabilities, or ALL
    #[arg(long, value_name = "CAPABILITY")]
    cap_drop: Vec<String>,

    /// The seccomp filter of system calls: "default", "unconfined", or a profile in docker's format
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    seccomp: Option<String>,

    /// The AppArmor profile: "default", "unconfined", or one that is loaded (where the host has
    /// AppArmor)
    #[arg(long, value_name = "PROFILE")]
    apparmor: Option<String>,

    /// The SELinux label: "default", "unconfined", a type of the policy, or USER:ROLE:TYPE:LEVEL
    /// (where the host has SELinux)
    #[arg(long, value_name = "LABEL")]
    selinux: Option<String>,

    /// In the syntax of docker: seccomp=FILE, seccomp=unconfined, apparmor=PROFILE, label=disable,
    /// label=type:TYPE, no-new-privileges=false
    #[arg(long = "security-opt", value_name = "OPTION")]
    options: Vec<String>,

    /// Disable all restrictions: every capability, system call and device, /proc and /sys unmasked
    #[arg(long)]
    privileged: bool,
}

impl SecurityFlags {
    /// Fills the fields of a request.
    pub(super) fn put_into(self, request: &mut Preset) -> Result<(), SpecError> {
        request.cap_add = self.cap_add;
        request.cap_drop = self.cap_drop;
        request.seccomp = self.seccomp;
        request.apparmor = self.apparmor;
        request.selinux = self.selinux;
        request.privileged = self.privileged.then_some(true);
        for option in &self.options {
            let (key, value) = option.split_once(['=', ':']).unwrap_or((option, ""));
            match (key, value) {
                ("seccomp", value) if !value.is_empty() => request.seccomp = Some(value.to_owned()),
                ("apparmor", value) if !value.is_empty() => {
                    request.apparmor = Some(value.to_owned())
                }
                ("label", "disable") => request.selinux = Some("unconfined".into()),
                ("label", value) if value.starts_with("type:") => {
                    request.selinux = Some(value["type:".len()..].to_owned())
                }
                ("no-new-privileges", "" | "true") => request.no_new_privileges = Some(true),
                ("no-new-privileges", "false") => request.no_new_privileges = Some(false),
                _ => {
                    let known = "seccomp=FILE, seccomp=unconfined, apparmor=PROFILE, label=disable, label=type:TYPE, \
no-new-privileges=true or =false";
                    return Err(SpecError::new(
                        "security-opt",
                        format!("{option:?} is not known; there are {known}"),
                    ));
                }
            }
        }
        // a profile is read where we stand, and kept
        if let Some(file) = request
            .seccomp
            .as_mut()
            .filter(|word| !matches!(word.as_str(), "" | "default" | "unconfined"))
            && let Ok(absolute) = std::path::absolute(&*file)
        {
            *file = absolute.to_string_lossy().into_owned();
        }
        Ok(())
    }
}
