//! Namespaces shared with another container: finding its init, and being born beside its processes.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use super::LaunchError;
use crate::namespace;
use crate::record::{Store, is_alive};
use crate::spec::{ContainerId, ContainerSpec, NetworkMode, PidMode};
use crate::sys::clone::Cloned;
use crate::sys::pidfd;

/// The inits (as pidfds) whose namespaces a container shares.
#[derive(Debug)]
pub struct Shared {
    /// Whose network.
    pub network: Option<OwnedFd>,
    /// Whose processes.
    pub processes: Option<OwnedFd>,
}

impl Shared {
    /// Finds them.
    ///
    /// # Errors
    /// When the other container is not running.
    pub fn find(store: &Store, spec: &ContainerSpec) -> Result<Self, LaunchError> {
        let network = match &spec.network {
            NetworkMode::Container(id) => Some(init_of(store, "network", id)?),
            _ => None,
        };
        let processes = match &spec.pid {
            PidMode::Container(id) => Some(init_of(store, "processes", id)?),
            _ => None,
        };
        Ok(Self { network, processes })
    }
}

fn init_of(store: &Store, what: &str, id: &str) -> Result<OwnedFd, LaunchError> {
    let gone = || LaunchError::plain(format!("cannot share the {what} of container {id}: it is not running"));
    let id = ContainerId::new(id).map_err(|_| gone())?;
    let record = store.load(&id).map_err(|_| gone())?;
    let process = record.status.process().ok_or_else(gone)?;
    let init = pidfd::open(process.pid).map_err(|_| gone())?;
    // only now is the number tied to a process: is it still the one that was recorded?
    if is_alive(process) { Ok(init) } else { Err(gone()) }
}

/// Clones with `clone` so that the child is born in the pid namespace of `target`; this process's later children are not.
///
/// # Errors
/// When the other container has just ended.
pub fn clone_beside(target: Option<OwnedFd>, clone: impl FnOnce() -> io::Result<Cloned>) -> Result<io::Result<Cloned>, LaunchError> {
    let Some(target) = target else { return Ok(clone()) };
    let step = LaunchError::nix("share the processes of the other container");
    let own = pidfd::open(std::process::id() as i32).map_err(LaunchError::io("open our own process"))?;
    namespace::bear_children_in(target.as_fd()).map_err(step)?;
    let cloned = clone();
    if !matches!(cloned, Ok(Cloned::Child)) {
        namespace::bear_children_in(own.as_fd()).map_err(LaunchError::nix("leave the other container's processes"))?;
    }
    Ok(cloned)
}
