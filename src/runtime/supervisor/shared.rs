//! Namespaces shared with another container: finding its init, and being born in its namespaces.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use crate::namespace::{self, Joint};
use crate::record::{Store, is_alive};
use crate::runtime::LaunchError;
use crate::spec::{ContainerId, ContainerSpec, IpcMode, NetworkMode, PidMode};
use crate::sys::pidfd;

/// The namespaces that a container shares, each with the init (as a pidfd, and its number) whose it
/// is.
#[derive(Debug)]
pub(super) struct Shared {
    joints: Vec<(Joint, OwnedFd, i32)>,
    users: Option<OwnedFd>,
}

impl Shared {
    /// Finds them.
    ///
    /// # Errors
    /// When the other container is not running.
    pub(crate) fn find(store: &Store, spec: &ContainerSpec) -> Result<Self, LaunchError> {
        let mut shared = Vec::new();
        if let NetworkMode::Container(id) = &spec.network {
            let (init, pid) = init_of(store, "network", id)?;
            shared.push((Joint::Network, init, pid));
        }
        if let IpcMode::Container(id) = &spec.ipc {
            let (init, pid) = init_of(store, "shared memory", id)?;
            shared.push((Joint::Ipc, init, pid));
        }
        if let PidMode::Container(id) = &spec.pid {
            let (init, pid) = init_of(store, "processes", id)?;
            shared.push((Joint::Processes, init, pid));
        }
        let users = spec
            .joined_users()
            .map(|id| users_of(store, id))
            .transpose()?;
        Ok(Self {
            joints: shared,
            users,
        })
    }

    /// The user namespace of the container whose users it has.
    pub(super) fn take_users(&mut self) -> Option<OwnedFd> {
        self.users.take()
    }

    /// The init among whose processes the container's are to be, and its number. Nobody is born
    /// there but who holds no more than the container.
    ///
    /// # Errors
    /// EMFILE.
    pub(crate) fn processes(&self) -> Result<Option<(OwnedFd, i32)>, LaunchError> {
        let found = self
            .joints
            .iter()
            .find(|(joint, ..)| *joint == Joint::Processes);
        let copy = found
            .map(|(_, init, pid)| Ok((init.try_clone()?, *pid)))
            .transpose();
        copy.map_err(LaunchError::io(
            "share the processes of the other container",
        ))
    }

    /// Does `work` in all but the last, so that who is cloned in it is born in them. This process
    /// comes back, whatever `work` says; a child, for which `is_child` is true, stays.
    ///
    /// # Errors
    /// When the other container has just ended, and what `work` says.
    pub(super) fn within<T>(
        &self,
        work: impl FnOnce() -> Result<T, LaunchError>,
        is_child: impl FnOnce(&T) -> bool,
    ) -> Result<T, LaunchError> {
        let born_in = || {
            self.joints
                .iter()
                .filter(|(joint, ..)| *joint != Joint::Processes)
        };
        let own = born_in()
            .map(|(joint, ..)| Ok((*joint, joint.current()?)))
            .collect::<Result<Vec<_>, _>>();
        let own = own.map_err(LaunchError::nix("open our own namespaces"))?;
        let entered = born_in().try_for_each(|(joint, target, _)| joint.enter(target.as_fd()));
        let done = entered
            .map_err(LaunchError::nix(
                "share the namespaces of the other container",
            ))
            .and_then(|()| work());
        if !done.as_ref().is_ok_and(is_child) {
            let back = own
                .iter()
                .try_for_each(|(joint, namespace)| joint.enter(namespace.as_fd()));
            back.map_err(LaunchError::nix("leave the other container's namespaces"))?;
        }
        done
    }
}

fn init_of(store: &Store, what: &str, id: &ContainerId) -> Result<(OwnedFd, i32), LaunchError> {
    opened(store, what, id, pidfd::open)
}

fn users_of(store: &Store, id: &ContainerId) -> Result<OwnedFd, LaunchError> {
    opened(store, "users", id, namespace::users_of).map(|(users, _)| users)
}

fn opened(
    store: &Store,
    what: &str,
    id: &ContainerId,
    open: impl FnOnce(i32) -> io::Result<OwnedFd>,
) -> Result<(OwnedFd, i32), LaunchError> {
    let gone = || {
        LaunchError::plain(format!(
            "cannot share the {what} of container {id}: it is not running"
        ))
    };
    let record = store.load(id).map_err(|_| gone())?;
    let process = record.state.status.process().ok_or_else(gone)?;
    let opened = open(process.pid).map_err(|_| gone())?;
    // only now is the number tied to a process: is it still the one that was recorded?
    if is_alive(process) {
        Ok((opened, process.pid))
    } else {
        Err(gone())
    }
}
