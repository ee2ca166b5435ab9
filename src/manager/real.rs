//! [`Manager`]: the shared state of all verbs.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use super::Error;
use crate::cgroup::{Cgroup, Layout, Parent};
use crate::record::Store;
use crate::rootfs::ImageRoot;
use crate::runtime::{Launcher, Runtime};
use crate::spec::{ContainerId, IdPool, Userns};

/// The state folder: `--state DIR` or `MINIC_ROOT`, by default `/var/lib/minic`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateDir(pub PathBuf);

impl Default for StateDir {
    fn default() -> Self {
        Self(PathBuf::from("/var/lib/minic"))
    }
}

/// The manager of one state folder.
#[derive(Debug)]
pub struct Manager {
    pub(super) runtime: Runtime,
    pub(super) launcher: Option<Launcher>,
    /// The image, and when it was last compared with this machine's files.
    pub(super) image: Mutex<Option<(Instant, ImageRoot)>>,
    /// The default of `--userns`.
    pub(super) users: Userns,
    pub(super) ids: IdPool,
    /// Receives warnings, such as limits that a start had to skip.
    pub(super) warn: fn(&str),
}

impl Manager {
    /// Opens the state folder, creating it (mode 0700) on first use, and detects this host's cgroup
    /// layout. Removes what crashes left, unless another command has just done so.
    ///
    /// # Errors
    /// When we are not root, the folder cannot be created, or there are no usable cgroups.
    pub fn open(state: &StateDir) -> Result<Self, Error> {
        let manager = Self::open_without_gc(state)?;
        manager.gc_if_due();
        Ok(manager)
    }

    /// As [`Manager::open`], without the cleanup: for [`Manager::gc`], which reports it.
    ///
    /// # Errors
    /// As [`Manager::open`].
    pub fn open_without_gc(state: &StateDir) -> Result<Self, Error> {
        if !nix::unistd::geteuid().is_root() {
            return Err(Error::System {
                message: "containers need root".into(),
                hint: Some("run it with sudo".into()),
            });
        }
        let store = Store::open(&state.0)?;
        let layout = Layout::detect()?;
        let (users, ids) = (Userns::Auto, IdPool::default());
        Ok(Self {
            runtime: Runtime { store, layout },
            launcher: None,
            image: Mutex::new(None),
            users,
            ids,
            warn: |_| {},
        })
    }

    /// Sets the default of `--userns`, and the pool of ids for user namespaces.
    #[must_use]
    pub fn with_users(mut self, default: Userns, pool: IdPool) -> Self {
        self.users = default;
        self.ids = pool;
        self
    }

    /// Sets the receiver of warnings, such as limits that a start had to skip (`--best-effort`).
    #[must_use]
    pub fn with_warnings(mut self, warn: fn(&str)) -> Self {
        self.warn = warn;
        self
    }

    /// Forks the launcher, which starts containers from now on. Call it before any thread is
    /// started.
    ///
    /// # Errors
    /// When this process cannot fork.
    pub fn with_launcher(mut self) -> Result<Self, Error> {
        self.launcher = Some(Launcher::fork(&self.runtime)?);
        Ok(self)
    }

    /// The state folder.
    #[must_use]
    pub fn state(&self) -> &Path {
        self.store().folder()
    }

    pub(super) fn store(&self) -> &Store {
        &self.runtime.store
    }

    pub(super) fn cgroup(&self, id: &ContainerId) -> Cgroup {
        Cgroup::open(&self.runtime.layout, &self.cgroup_parent(), id)
    }

    pub(super) fn cgroup_parent(&self) -> Parent {
        self.runtime.cgroup_parent()
    }
}
