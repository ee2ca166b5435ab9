//! Kernel settings belong to a namespace: one that is not the container's own is not set for it.

use std::fs;

use crate::runtime::LaunchError;
use crate::spec::{ContainerSpec, IpcMode, NetworkMode};

/// Refuses settings of a namespace that `pid`, cloned for the container, shares with us or joined:
/// the spec says which are its own, and the kernel whether they are.
///
/// # Errors
/// Naming the setting.
pub(super) fn are_its_own(spec: &ContainerSpec, pid: i32) -> Result<(), LaunchError> {
    let Some(first) = spec.sysctls.first() else {
        return Ok(());
    };
    let shares = |file: &str| -> Result<bool, LaunchError> {
        let look = |pid: &str| {
            fs::read_link(format!("/proc/{pid}/ns/{file}"))
                .map_err(LaunchError::io(format!("look whose {} is", first.name)))
        };
        Ok(look("self")? == look(&pid.to_string())?)
    };
    for sysctl in &spec.sysctls {
        let (what, own) = match sysctl.is_network() {
            true => (
                "network",
                spec.network == NetworkMode::None && !shares("net")?,
            ),
            // with ids of its own, init makes that of IPC itself, before it sets anything
            false => (
                "ipc namespace",
                spec.ipc == IpcMode::Own && (spec.ids.is_some() || !shares("ipc")?),
            ),
        };
        if !own {
            return Err(LaunchError::plain(format!(
                "cannot set {}: the container's {what} is not its own",
                sysctl.name
            )));
        }
    }
    Ok(())
}
