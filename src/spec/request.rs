//! [`ContainerRequest`]: a request, and what resolving it into a spec needs.

use super::{Categories, ContainerId, ContainerSpec, IdRange, Preset, SpecError, Userns};

/// A request to create a container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContainerRequest {
    /// The chosen name; empty means none.
    pub name: Option<String>,
    /// The settings, already merged over those of the preset.
    pub settings: Preset,
    /// The preset's name, for display.
    pub preset: Option<String>,
    /// Give it a terminal (`-t`).
    pub tty: bool,
    /// Keep its standard input open (`-i`).
    pub interactive: bool,
    /// Destroy it when it ends (`--rm`).
    pub remove: bool,
}

/// Defaults of settings that a request leaves unset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Defaults {
    /// The user namespace.
    pub userns: Userns,
}

/// Access to the host and the other containers for [`super::resolve`].
pub trait Lookup {
    /// The error of a lookup.
    type Error: From<SpecError>;

    /// An id that no container has.
    ///
    /// # Errors
    /// When the kernel has no random numbers.
    fn new_id(&self) -> Result<ContainerId, Self::Error>;

    /// The container named by `word`.
    ///
    /// # Errors
    /// When none or more than one matches.
    fn container(&self, word: &str) -> Result<ContainerSpec, Self::Error>;

    /// Why containers cannot have ids of their own on this host, when they cannot.
    fn cannot_map_users(&self) -> Option<String>;

    /// Ensures that the image exists, records what the sources of volumes resolve to, and reserves
    /// the name.
    ///
    /// # Errors
    /// When one of them does not exist, or the name is in use.
    fn prepare(&self, spec: &mut ContainerSpec) -> Result<(), Self::Error>;

    /// Its range of host ids: `joined` when it shares another container's processes or memory, else
    /// an unused range.
    ///
    /// # Errors
    /// When none is left, or its user is not in the range.
    fn ids(&self, spec: &ContainerSpec, joined: Option<IdRange>) -> Result<IdRange, Self::Error>;

    /// The containers that share processes with container `with`: itself, and those that joined it.
    ///
    /// # Errors
    /// When the containers cannot be listed.
    fn sharing_processes(&self, with: &ContainerId) -> Result<Vec<ContainerSpec>, Self::Error>;

    /// Its SELinux categories: `joined`, else an unused pair; `None` where it needs none.
    ///
    /// # Errors
    /// When there are none left.
    fn categories(
        &self,
        spec: &ContainerSpec,
        joined: Option<Categories>,
    ) -> Result<Option<Categories>, Self::Error>;
}
