//! Namespaces shared with another container: finding its init, and being born in its namespaces.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use crate::namespace::{self, JoinTarget};
use crate::record::{Store, is_alive};
use crate::runtime::LaunchError;
use crate::spec::{ContainerId, ContainerSpec, IpcMode, NetworkMode, PidMode};
use crate::sys::pidfd;

/// A namespace that a container shares with another.
#[derive(Debug)]
struct SharedNamespace {
    target: JoinTarget,
    /// The other container's init.
    init: Init,
}

/// Another container's init.
#[derive(Debug)]
pub(super) struct Init {
    pub pid: i32,
    pub pidfd: OwnedFd,
}

/// The namespaces that a container shares.
#[derive(Debug)]
pub(super) struct Shared {
    namespaces: Vec<SharedNamespace>,
    users: Option<OwnedFd>,
}

impl Shared {
    /// Finds them.
    ///
    /// # Errors
    /// When the other container is not running.
    pub(crate) fn find(store: &Store, spec: &ContainerSpec) -> Result<Self, LaunchError> {
        let mut namespaces = Vec::new();
        let mut share = |target, what, id: &str| -> Result<(), LaunchError> {
            let init = init_of(store, what, id)?;
            namespaces.push(SharedNamespace { target, init });
            Ok(())
        };
        if let NetworkMode::Container(id) = &spec.network {
            share(JoinTarget::Network, "network", id)?;
        }
        if let IpcMode::Container(id) = &spec.ipc {
            share(JoinTarget::Ipc, "shared memory", id)?;
        }
        if let PidMode::Container(id) = &spec.pid {
            share(JoinTarget::Processes, "processes", id)?;
        }
        let users = spec
            .joined_users()
            .map(|id| users_of(store, id))
            .transpose()?;
        Ok(Self { namespaces, users })
    }

    /// The user namespace of the container whose users it has.
    pub(super) fn take_users(&mut self) -> Option<OwnedFd> {
        self.users.take()
    }

    /// The init among whose processes the container's are to be. Nobody is born there but who holds
    /// no more than the container.
    ///
    /// # Errors
    /// EMFILE.
    pub(super) fn processes(&self) -> Result<Option<Init>, LaunchError> {
        let mut found = self.namespaces.iter();
        let found = found.find(|shared| shared.target == JoinTarget::Processes);
        let copy = |SharedNamespace { init, .. }: &SharedNamespace| {
            let pidfd = init.pidfd.try_clone()?;
            Ok(Init {
                pid: init.pid,
                pidfd,
            })
        };
        found.map(copy).transpose().map_err(LaunchError::io(
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
        let born_in: Vec<_> = self
            .namespaces
            .iter()
            .filter(|shared| shared.target != JoinTarget::Processes)
            .collect();
        let own = born_in
            .iter()
            .map(|shared| Ok((shared.target, shared.target.current()?)))
            .collect::<Result<Vec<_>, _>>();
        let own = own.map_err(LaunchError::nix("open our own namespaces"))?;
        let entered = born_in
            .iter()
            .try_for_each(|shared| shared.target.enter(shared.init.pidfd.as_fd()));
        let done = entered
            .map_err(LaunchError::nix(
                "share the namespaces of the other container",
            ))
            .and_then(|()| work());
        if !done.as_ref().is_ok_and(is_child) {
            let back = own
                .iter()
                .try_for_each(|(target, namespace)| target.enter(namespace.as_fd()));
            back.map_err(LaunchError::nix("leave the other container's namespaces"))?;
        }
        done
    }
}

fn init_of(store: &Store, what: &str, id: &str) -> Result<Init, LaunchError> {
    opened(store, what, id, |pid| {
        let pidfd = pidfd::open(pid)?;
        Ok(Init { pid, pidfd })
    })
}

fn users_of(store: &Store, id: &str) -> Result<OwnedFd, LaunchError> {
    opened(store, "users", id, namespace::users_of)
}

/// What `open` opens of the init of container `id`.
fn opened<T>(
    store: &Store,
    what: &str,
    id: &str,
    open: impl FnOnce(i32) -> io::Result<T>,
) -> Result<T, LaunchError> {
    let gone = || {
        LaunchError::plain(format!(
            "cannot share the {what} of container {id}: it is not running"
        ))
    };
    let id = ContainerId::new(id).map_err(|_| gone())?;
    let record = store.load(&id).map_err(|_| gone())?;
    let process = record.state.status.process().ok_or_else(gone)?;
    let opened = open(process.pid).map_err(|_| gone())?;
    // only now is the number tied to a process: is it still the one that was recorded?
    if is_alive(process) {
        Ok(opened)
    } else {
        Err(gone())
    }
}
