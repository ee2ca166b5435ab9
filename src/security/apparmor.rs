//! AppArmor (apparmor(7)): under which profile a container's processes are executed, where this
//! host has it.

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

/// There when the kernel has it switched on and its file system is mounted.
const FOLDER: &str = "/sys/kernel/security/apparmor";
/// Fixed places: what the PATH says decides nothing of ours.
const PARSERS: [&str; 2] = ["/usr/sbin/apparmor_parser", "/sbin/apparmor_parser"];

/// Whether this host has AppArmor, and it can be talked to.
#[must_use]
pub(crate) fn is_on() -> bool {
    Path::new(FOLDER).exists()
}

/// Whether the kernel has AppArmor switched on, also where its file system is not mounted and
/// nobody can use it.
#[must_use]
pub(crate) fn is_in_the_kernel() -> bool {
    fs::read_to_string("/sys/module/apparmor/parameters/enabled")
        .is_ok_and(|text| text.trim() == "Y")
}

/// Whether a profile of this name can be executed under now.
#[must_use]
pub(crate) fn is_loaded(profile: &str) -> bool {
    let listed = fs::read_to_string(Path::new(FOLDER).join("profiles")).unwrap_or_default();
    // "NAME (MODE)", and a name may hold anything
    listed.lines().any(|line| {
        line.rsplit_once(" (")
            .is_some_and(|(name, _)| name == profile)
    })
}

/// Whether the tool that translates profiles for the kernel is there.
#[must_use]
pub(crate) fn has_parser() -> bool {
    PARSERS.iter().any(|parser| Path::new(parser).exists())
}

/// Loads [`DEFAULT`], unless it is there already: whoever is root of this host may have put a
/// stricter one of that name in its place.
///
/// # Errors
/// In words: its file system is not mounted, there is no apparmor_parser(8), or it refuses.
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
    // adding, not replacing: another of us may have been quicker
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

/// What the kernel is to be told for `wanted` before execve: `None` leaves the label as it is.
///
/// # Errors
/// In words: a profile that this host cannot execute under, though it has AppArmor or was asked for
/// one by name.
pub(crate) fn label(wanted: &AppArmor) -> Result<Option<Label>, String> {
    let name = match wanted {
        AppArmor::Unconfined => return Ok(None),
        AppArmor::Default if !is_in_the_kernel() => return Ok(None),
        AppArmor::Default => {
            // it may have been unloaded before a restart, or an exec
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

/// The label of a process as the kernel has it (`/proc/PID/attr`), such as `minic-default
/// (enforce)`; `None` where there is no AppArmor.
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
