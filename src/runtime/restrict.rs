//! From a spec to the [`Restrictions`] of its processes: capabilities that there are, and the
//! seccomp program compiled.

use nix::libc::sock_filter;

use super::{LaunchError, Runtime};
use crate::record::Store;
use crate::security::{Label, Profile, Restrictions, last_capability, precompiled};
use crate::spec::{Capabilities, ContainerSpec, Seccomp, Security};
use crate::sys::caps;

/// The copy of a container's own seccomp profile, in its folder.
pub(crate) const PROFILE_FILE: &str = "seccomp.json";

/// What the processes of `spec` give up, which are executed under `label`.
///
/// # Errors
/// A capability that we do not have ourselves, or a seccomp profile that cannot be read or used.
pub(super) fn restrictions(
    runtime: &Runtime,
    spec: &ContainerSpec,
    label: Option<Label>,
) -> Result<Restrictions, LaunchError> {
    let security = &spec.security;
    let held = Capabilities::from_mask(
        caps::permitted().map_err(LaunchError::nix("look at our own capabilities"))?,
    );
    // "every one" is every one that we have; one asked for by name must be there
    let keep = if security.capabilities == Capabilities::ALL {
        held
    } else {
        security.capabilities
    };
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
        return Ok(restricted(security, keep, Some(filter), label));
    }
    let profile = match security.seccomp {
        Seccomp::Unconfined => None,
        Seccomp::Default => Some(
            Profile::default_profile()
                .map_err(|e| LaunchError::plain(format!("the default seccomp profile: {e}")))?,
        ),
        Seccomp::Own => Some(own_profile(&runtime.store, spec)?),
    };
    let filter = profile
        .map(|profile| profile.compile(keep, kernel_version()))
        .transpose();
    let filter = filter.map_err(|e| LaunchError::plain(format!("the seccomp profile: {e}")))?;
    Ok(restricted(security, keep, filter, label))
}

fn restricted(
    security: &Security,
    keep: Capabilities,
    filter: Option<Vec<sock_filter>>,
    label: Option<Label>,
) -> Restrictions {
    let (ambient, no_new_privs) = (security.asked, security.no_new_privileges);
    Restrictions {
        keep,
        ambient,
        last: last_capability(),
        no_new_privs,
        filter,
        label,
    }
}

fn own_profile(store: &Store, spec: &ContainerSpec) -> Result<Profile, LaunchError> {
    let file = store.container(&spec.id).join(PROFILE_FILE);
    let text = crate::sys::files::read_text(&file, 4 << 20)
        .map_err(LaunchError::io(format!("read {}", file.display())))?;
    Profile::read(&text).map_err(|e| LaunchError::plain(format!("{}: {e}", file.display())))
}

/// Major and minor of the running kernel; 0.0, for which nothing newer holds, when it does not
/// tell.
fn kernel_version() -> (u32, u32) {
    let release = nix::sys::utsname::uname()
        .ok()
        .map(|name| name.release().to_string_lossy().into_owned())
        .unwrap_or_default();
    let mut numbers = release
        .split(|c: char| !c.is_ascii_digit())
        .map(|word| word.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}
