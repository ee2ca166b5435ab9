//! [`Manager`]: what every verb needs, opened once.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use super::Error;
use crate::cgroup::{Cgroup, Layout, Parent};
use crate::record::Store;
use crate::rootfs::ImageRoot;
use crate::runtime::{Launcher, Runtime};
use crate::spec::{ContainerId, IdPool, Userns};

/// Where everything lives: `--state DIR` or `MINIC_ROOT`, by default `/var/lib/minic`.
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
    /// The image, and when it was last compared with this machine's own files.
    pub(super) image: Mutex<Option<(Instant, ImageRoot)>>,
    /// What `--userns` is when a request leaves it open.
    pub(super) users: Userns,
    pub(super) ids: IdPool,
    /// Hears of what a start had to do without.
    pub(super) warn: fn(&str),
}

impl Manager {
    /// Opens the state folder, making it (mode 0700) on first use, and finds out how this host's
    /// cgroups lie. What crashes left is removed, unless somebody has just looked for it.
    ///
    /// # Errors
    /// When we are not root, the folder cannot be made, or there are no usable cgroups.
    pub fn open(state: &StateDir) -> Result<Self, Error> {
        let manager = Self::open_untouched(state)?;
        manager.tidy_up();
        Ok(manager)
    }

    /// As [`Manager::open`], without looking for what crashes left: for [`Manager::gc`], which
    /// tells what it finds.
    ///
    /// # Errors
    /// As [`Manager::open`].
    pub fn open_untouched(state: &StateDir) -> Result<Self, Error> {
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

    /// Whose ids containers have when their request leaves it open, and which ids those with a user
    /// namespace are given.
    #[must_use]
    pub fn with_users(mut self, default: Userns, pool: IdPool) -> Self {
        self.users = default;
        self.ids = pool;
        self
    }

    /// Lets `warn` hear a sentence for each limit that a container is started without
    /// (`--best-effort`).
    #[must_use]
    pub fn with_warnings(mut self, warn: fn(&str)) -> Self {
        self.warn = warn;
        self
    }

    /// Forks the launcher, through which containers are started from now on. Call it before any
    /// thread is started.
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
