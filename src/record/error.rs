//! [`StoreError`]: the failed operation, its file and the cause.

use std::io;
use std::path::{Path, PathBuf};

/// A failed operation on the state folder.
#[derive(Debug, thiserror::Error)]
#[error("cannot {op} {path}: {source}", path = path.display())]
pub struct StoreError {
    /// The operation: `read`, `write`, `rename`.
    pub op: &'static str,
    /// The file.
    pub path: PathBuf,
    /// The error of the kernel or the parser.
    pub source: io::Error,
}

impl StoreError {
    /// The id, when the file is missing because its container was destroyed concurrently.
    #[must_use]
    pub fn destroyed(&self) -> Option<String> {
        let folder = self.path.ancestors().find(|above| {
            above
                .parent()
                .and_then(Path::file_name)
                .is_some_and(|name| name == "containers")
        })?;
        let id = folder
            .file_name()?
            .to_str()
            .filter(|name| !name.starts_with('.'))?;
        (self.source.kind() == io::ErrorKind::NotFound && !folder.exists()).then(|| id.to_owned())
    }

    /// For `map_err`: names the operation and the file.
    pub fn of(op: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { op, path, source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_of_a_destroyed_container_names_it() {
        let error = |path: &str, kind: io::ErrorKind| StoreError {
            op: "read",
            path: path.into(),
            source: kind.into(),
        };
        let gone = |path: &str| error(path, io::ErrorKind::NotFound).destroyed();
        assert_eq!(
            gone("/nowhere/containers/0123456789ab/spec.json").as_deref(),
            Some("0123456789ab")
        );
        assert_eq!(
            gone("/nowhere/containers/0123456789ab").as_deref(),
            Some("0123456789ab")
        );
        assert_eq!(gone("/nowhere/containers/.old-0123456789ab"), None);
        assert_eq!(gone("/nowhere/events.jsonl"), None);
        assert_eq!(
            error(
                "/nowhere/containers/0123456789ab/log",
                io::ErrorKind::PermissionDenied
            )
            .destroyed(),
            None
        );
    }
}
