//! [`Runtime`] and [`StartOrder`]: what every launch needs, and what is asked for.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::cgroup::{Layout, Parent};
use crate::record::Store;
use crate::spec::ContainerId;
use crate::sys::tty::WindowSize;

/// What every launch needs: where records are, and how this host's cgroups lie. Found out once,
/// before any fork.
#[derive(Debug, Clone)]
pub(crate) struct Runtime {
    /// The records.
    pub store: Store,
    /// The host's cgroup layout.
    pub layout: Layout,
}

impl Runtime {
    /// The folder that the containers' cgroups are in.
    #[must_use]
    pub(crate) fn cgroup_parent(&self) -> Parent {
        Parent {
            name: self.store.cgroup_parent(),
        }
    }
}

/// Which container to start, from what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StartOrder {
    /// The container.
    pub id: ContainerId,
    /// Its image's root folder.
    pub image: PathBuf,
    /// The size of its terminal from the start on, when somebody's is attached.
    #[serde(default)]
    pub window: Option<WindowSize>,
}
