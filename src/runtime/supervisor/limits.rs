//! A container's cgroup gets its limits, and the list of devices that may be opened.

use std::os::fd::OwnedFd;

use crate::cgroup::{BegunCgroup, Cgroup, CgroupError, DeviceRule};
use crate::rootfs::Sources;
use crate::runtime::LaunchError;
use crate::spec::{ContainerSpec, Device};

/// The rest of the cgroup, with every limit: while init mounts, and before it may execute anything.
///
/// # Errors
/// Which limit cannot be given, and why.
pub(super) fn finish_cgroup(
    spec: &ContainerSpec,
    sources: &Sources,
    begun: &mut BegunCgroup,
) -> Result<Cgroup, LaunchError> {
    let mut cgroup = begun.finish().map_err(plain)?;
    if !spec.security.privileged {
        let restricted = allowed_devices(spec, sources)
            .and_then(|rules| cgroup.restrict_devices(&rules).map_err(plain));
        if let Err(error) = restricted {
            if !spec.best_effort {
                return Err(error);
            }
            cgroup.skip(error.to_string());
        }
    }
    Ok(cgroup)
}

/// The error with its advice, which is lost otherwise: a launch fails with one line.
pub(super) fn plain(error: CgroupError) -> LaunchError {
    LaunchError::plain(match &error.hint {
        Some(hint) => format!("{error} ({hint})"),
        None => error.to_string(),
    })
}

/// The devices that the spec shows inside, by number; the usual ones are allowed anyway.
fn allowed_devices(
    spec: &ContainerSpec,
    sources: &Sources,
) -> Result<Vec<DeviceRule>, LaunchError> {
    let rule = |(device, source): (&Device, &OwnedFd)| {
        let step = format!("look at the device {}", device.source.display());
        let found = source
            .try_clone()
            .and_then(|fd| std::fs::File::from(fd).metadata())
            .map_err(LaunchError::io(step))?;
        DeviceRule::of(&found, device.access)
            .ok_or_else(|| LaunchError::plain(format!("{} is no device", device.source.display())))
    };
    spec.devices
        .iter()
        .zip(&sources.devices)
        .map(rule)
        .collect()
}
