//! From a spec to the [`Restrictions`] of its processes: capabilities that there are, and the seccomp program compiled.

use std::ffi::CString;

use nix::libc::sock_filter;

use super::{LaunchError, Runtime};
use crate::record::Store;
use crate::security::selinux::{self, Labels};
use crate::security::{Label, Profile, Restrictions, apparmor, last_capability, precompiled};
use crate::spec::{Capabilities, ContainerSpec, SeLinux, Seccomp, Security};
use crate::sys::caps;

/// The copy of a container's own seccomp profile, in its folder.
pub const PROFILE_FILE: &str = "seccomp.json";

/// The SELinux labels of `spec`; `None` where it has none.
///
/// # Errors
/// One asked for by name that it cannot have.
pub fn labels(spec: &ContainerSpec) -> Result<Option<Labels>, LaunchError> {
    match (selinux::labels(spec), &spec.security.selinux) {
        (Err(why), SeLinux::Named(_)) => Err(LaunchError::plain(format!("--selinux: {why}"))),
        // whoever started the container was told
        (labels, _) => Ok(labels.unwrap_or_default()),
    }
}

/// What the processes of `spec` give up, whose SELinux labels are `labels`.
///
/// # Errors
/// A capability that we do not have ourselves, a seccomp profile that cannot be read or used, or an AppArmor profile that is not loaded.
pub fn restrictions(runtime: &Runtime, spec: &ContainerSpec, labels: Option<&Labels>) -> Result<Restrictions, LaunchError> {
    let security = &spec.security;
    let held = Capabilities::from_mask(caps::permitted().map_err(LaunchError::nix("look at our own capabilities"))?);
    // "every one" is every one that we have; one asked for by name must be there
    let keep = if security.capabilities == Capabilities::ALL { held } else { security.capabilities };
    let lacking = keep.without(held);
    if lacking != Capabilities::NONE {
        return Err(LaunchError::plain(format!(
            "cannot keep {}: minic-tui itself runs without (drop it with --cap-drop, or run as the machine's own root)",
            lacking.names().join(", ")
        )));
    }
    if security.seccomp == Seccomp::Default
        && keep == Capabilities::default()
        && let Some(filter) = precompiled()
    {
        return restricted(security, keep, Some(filter), labels);
    }
    let profile = match security.seccomp {
        Seccomp::Unconfined => None,
        Seccomp::Default => Some(Profile::default_profile().map_err(|e| LaunchError::plain(format!("the default seccomp profile: {e}")))?),
        Seccomp::Own => Some(own_profile(&runtime.store, spec)?),
    };
    let filter = profile.map(|profile| profile.compile(keep, kernel_version())).transpose();
    let filter = filter.map_err(|e| LaunchError::plain(format!("the seccomp profile: {e}")))?;
    restricted(security, keep, filter, labels)
}

fn restricted(
    security: &Security,
    keep: Capabilities,
    filter: Option<Vec<sock_filter>>,
    labels: Option<&Labels>,
) -> Result<Restrictions, LaunchError> {
    let profile = apparmor::label(&security.apparmor).map_err(|why| LaunchError::plain(format!("--apparmor: {why}")))?;
    let context = labels.map(|labels| CString::new(labels.process.as_str()).map(Label::Context)).transpose();
    let label = profile.or(context.map_err(|_| LaunchError::plain("the SELinux label has a NUL byte"))?);
    let (ambient, no_new_privs) = (security.asked, security.no_new_privileges);
    Ok(Restrictions { keep, ambient, last: last_capability(), no_new_privs, filter, label })
}

fn own_profile(store: &Store, spec: &ContainerSpec) -> Result<Profile, LaunchError> {
    let file = store.container(&spec.id).join(PROFILE_FILE);
    let text = std::fs::read_to_string(&file).map_err(LaunchError::io(format!("read {}", file.display())))?;
    Profile::read(&text).map_err(|e| LaunchError::plain(format!("{}: {e}", file.display())))
}

/// Major and minor of the running kernel; 0.0, for which nothing newer holds, when it does not tell.
fn kernel_version() -> (u32, u32) {
    let release = nix::sys::utsname::uname().ok().map(|name| name.release().to_string_lossy().into_owned()).unwrap_or_default();
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(|word| word.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}
