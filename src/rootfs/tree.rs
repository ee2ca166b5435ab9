//! [`Tree`]: a detached mount that was opened before clone, for a step after it.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::rc::Rc;

/// A detached mount; clones share it.
#[derive(Debug, Clone)]
pub struct Tree(Rc<OwnedFd>);

impl Tree {
    pub(super) fn new(fd: OwnedFd) -> Self {
        Self(Rc::new(fd))
    }
}

impl Tree {
    /// Another descriptor of the same mount.
    ///
    /// # Errors
    /// EMFILE.
    pub(super) fn try_clone(&self) -> nix::Result<OwnedFd> {
        self.0
            .try_clone()
            .map_err(|error| nix::Error::from_raw(error.raw_os_error().unwrap_or_default()))
    }
}

impl AsFd for Tree {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl PartialEq for Tree {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_raw_fd() == other.0.as_raw_fd()
    }
}

impl Eq for Tree {}
