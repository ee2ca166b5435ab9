//! [`ContainerRequest`]: what a person asks for, and what it takes to make a spec of it.

use super::{Categories, ContainerId, ContainerSpec, IdRange, Preset, SpecError, Userns};

/// What a person asks to be created.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContainerRequest {
    /// The chosen name; empty means none.
    pub name: Option<String>,
    /// The settings, already laid over those of the preset.
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

/// What holds where a request says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Defaults {
    /// Whose ids its users are.
    pub userns: Userns,
}

/// What [`super::resolve`] asks of the host and of the other containers.
pub trait Lookup {
    /// Why a question has no answer.
    type Error: From<SpecError>;

    /// An id that no container has.
    ///
    /// # Errors
    /// When there is no randomness.
    fn new_id(&self) -> Result<ContainerId, Self::Error>;

    /// The container that `word` means.
    ///
    /// # Errors
    /// When there is none, or more than one.
    fn container(&self, word: &str) -> Result<ContainerSpec, Self::Error>;

    /// Why containers cannot have ids of their own on this host, when they cannot.
    fn cannot_map_users(&self) -> Option<String>;

    /// Makes sure of the image, records what the sources of volumes lead to, and claims the name.
    ///
    /// # Errors
    /// When one of them is not there, or the name is in use.
    fn prepare(&self, spec: &mut ContainerSpec) -> Result<(), Self::Error>;

    /// The host's ids of its users: `joined` where another container shares its processes or
    /// memory, else ids that no other has.
    ///
    /// # Errors
    /// When there are none left, or its user is not among them.
    fn ids(&self, spec: &ContainerSpec, joined: Option<IdRange>) -> Result<IdRange, Self::Error>;

    /// Its SELinux categories: `joined`, else some that no other container has; `None` where it
    /// needs none.
    ///
    /// # Errors
    /// When there are none left.
    fn categories(
        &self,
        spec: &ContainerSpec,
        joined: Option<Categories>,
    ) -> Result<Option<Categories>, Self::Error>;
}
