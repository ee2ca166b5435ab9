//! [`StoreError`]: what was done to which file, and what the kernel said.

use std::io;
use std::path::{Path, PathBuf};

/// A failed operation on the state folder.
#[derive(Debug, thiserror::Error)]
#[error("cannot {op} {path}: {source}", path = path.display())]
pub struct StoreError {
    /// What was tried: `read`, `write`, `rename`.
    pub op: &'static str,
    /// On which file.
    pub path: PathBuf,
    /// What the kernel (or the parser) said.
    pub source: io::Error,
}

impl StoreError {
    /// For `map_err`: names the operation and the file.
    pub fn of(op: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { op, path, source }
    }
}
