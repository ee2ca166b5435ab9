//! AppArmor (apparmor(7)): the profile of a container's processes, on a host with AppArmor.

use std::ffi::CString;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::Label;
use crate::spec::AppArmor;

/// The profile of [`PROFILE`].
pub(crate) const DEFAULT: &str = "minic-default";
const PROFILE: &str = include_str!("../../assets/apparmor.profile");

/// Exists when AppArmor is enabled and securityfs is mounted.
const FOLDER: &str = "/sys/kernel/security/apparmor";
/// Fixed paths: PATH is not trusted.
const PARSERS: [&str; 2] = ["/usr/sbin/apparmor_parser", "/sbin/apparmor_parser"];

/// Whether this host has AppArmor, and its interface is available.
#[must_use]
pub(crate) fn is_on() -> bool {
    Path::new(FOLDER).exists()
}

/// Whether AppArmor is enabled in the kernel, even if securityfs is not mounted.
#[must_use]
pub(crate) fn is_in_the_kernel() -> bool {
    fs::read_to_string("/sys/module/apparmor/parameters/enabled")
        .is_ok_and(|text| text.trim() == "Y")
}

/// Whether a profile of this name is loaded.
#[must_use]
pub(crate) fn is_loaded(profile: &str) -> bool {
    let listed = fs::read_to_string(Path::new(FOLDER).join("profiles")).unwrap_or_default();
    // "NAME (MODE)", and a name may hold anything
    listed.lines().any(|line| {
        line.rsplit_once(" (")
            .is_some_and(|(name, _)| name == profile)
    })
}

/// Whether apparmor_parser(8) is installed.
#[must_use]
pub(crate) fn has_parser() -> bool {
    PARSERS.iter().any(|parser| Path::new(parser).exists())
}

/// Loads [`DEFAULT`], unless it is loaded already: an administrator may have replaced it with a
/// stricter one.
///
/// # Errors
/// A message: securityfs is not mounted, apparmor_parser(8) is missing, or it fails.
pub(crate) fn load_default() -> Result<(), String> {
    if !is_on() {
        return Err(
            "its file system is not mounted (mount -t securityfs securityfs /sys/kernel/security)"
                .into(),
        );
    }
    if is_loaded(DEFAULT) {
        return Ok(());
    }
    let Some(parser) = PARSERS.iter().find(|parser| Path::new(parser).exists()) else {
        return Err("there is no apparmor_parser (apt-get install apparmor)".into());
    };
    let failed = |error: std::io::Error| format!("{parser}: {error}");
    // add, not replace: a concurrent launch may have loaded it
    let mut command = Command::new(parser);
    command
        .args(["--add", "--skip-cache", "--quiet"])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(PROFILE.as_bytes()).map_err(failed)?;
    }
    let output = child.wait_with_output().map_err(failed)?;
    if output.status.success() || is_loaded(DEFAULT) {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "{parser}: {}",
        said.lines().next().unwrap_or("it failed")
    ))
}

/// The label to set before execve for `wanted`; `None` leaves it unchanged.
///
/// # Errors
/// A message, when the host has AppArmor but not the profile, or a profile was named on a host
/// without AppArmor.
pub(crate) fn label(wanted: &AppArmor) -> Result<Option<Label>, String> {
    let name = match wanted {
        AppArmor::Unconfined => return Ok(None),
        AppArmor::Default if !is_in_the_kernel() => return Ok(None),
        AppArmor::Default => {
            // it may have been unloaded since the container was created
            load_default()?;
            DEFAULT
        }
        AppArmor::Named(_) if !is_on() => return Err("this host has no AppArmor".into()),
        AppArmor::Named(name) if !is_loaded(name) => {
            return Err(format!(
                "no AppArmor profile {name:?} is loaded (aa-status lists those that are)"
            ));
        }
        AppArmor::Named(name) => name,
    };
    CString::new(format!("exec {name}"))
        .map(|order| Some(Label::Profile(order)))
        .map_err(|_| "the profile's name has a NUL byte".into())
}

/// The label of a process (`/proc/PID/attr`), such as `minic-default (enforce)`; `None` without
/// AppArmor.
#[must_use]
pub(crate) fn label_of(process: &Path) -> Option<String> {
    if !is_on() {
        return None;
    }
    let read = |file: &str| fs::read_to_string(process.join("attr").join(file)).ok();
    let text = read("apparmor/current").or_else(|| read("current"))?;
    Some(
        text.trim_matches(|c: char| c.is_whitespace() || c == '\0')
            .to_owned(),
    )
}
