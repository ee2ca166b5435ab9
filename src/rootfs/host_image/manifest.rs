//! [`Manifest`]: the host files of an image, so that one stat(2) each tells whether it is up to
//! date.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::digest::Digest;

/// Raised when the builder changes the layout of images.
const LAYOUT: u32 = 1;

/// The recorded state of a host path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    /// The path, with links unresolved.
    pub path: PathBuf,
    /// Size in bytes, mtime in nanoseconds since 1970, and inode of its target; `None` if it did
    /// not exist.
    seen: Option<(u64, i64, u64)>,
}

impl Stamp {
    /// The current state of `path`.
    pub(super) fn of(path: &Path) -> Self {
        let seen = fs::metadata(path).ok().map(|m| {
            let mtime = m
                .mtime()
                .saturating_mul(1_000_000_000)
                .saturating_add(m.mtime_nsec());
            (m.size(), mtime, m.ino())
        });
        Self {
            path: path.to_owned(),
            seen,
        }
    }

    fn is_current(&self) -> bool {
        *self == Self::of(&self.path)
    }
}

/// The sources of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    layout: u32,
    list: Digest,
    /// The folders searched for tools: adding or removing a name changes the folder.
    folders: Vec<Stamp>,
    /// The files copied.
    sources: Vec<Stamp>,
}

impl Manifest {
    /// The manifest of an image of the list `list`.
    pub(super) fn new(list: Digest, folders: Vec<Stamp>, sources: Vec<Stamp>) -> Self {
        Self {
            layout: LAYOUT,
            list,
            folders,
            sources,
        }
    }

    /// The name of the image: the same for the same list and the same files.
    pub(super) fn generation(&self) -> String {
        let mut digest =
            Digest::default().with(format!("{} {}", self.layout, self.list).as_bytes());
        for stamp in &self.sources {
            digest =
                digest.with(format!("\0{}\0{:?}", stamp.path.display(), stamp.seen).as_bytes());
        }
        digest.to_string()
    }

    /// The folders searched for tools.
    pub(super) fn folders(&self) -> impl Iterator<Item = &Path> {
        self.folders.iter().map(|stamp| stamp.path.as_path())
    }

    /// Whether the image is up to date with the list `list` and the host's files.
    pub(super) fn is_current(&self, list: Digest) -> bool {
        self.layout == LAYOUT
            && self.list == list
            && self
                .folders
                .iter()
                .chain(&self.sources)
                .all(Stamp::is_current)
    }
}
