//! [`FileError`]: the failed operation, its path and the cause.

use std::io;
use std::path::{Path, PathBuf};

/// A file operation that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {verb} {}: {source}", path.display())]
pub(crate) struct FileError {
    /// The operation: `copy`, `make`, `write`.
    pub verb: &'static str,
    /// The path.
    pub path: PathBuf,
    /// The error of the kernel.
    pub source: io::Error,
}

impl FileError {
    /// For `map_err` on io errors.
    pub(super) fn of(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { verb, path, source }
    }
}
