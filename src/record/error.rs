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
    /// The container whose file is gone with the whole of it: somebody destroyed it between one
    /// look and the next.
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
    fn a_file_that_went_with_its_container_says_so() {
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
