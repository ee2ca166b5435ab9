//! [`Manifest`]: which host files an image was made of, so that one stat each tells whether it is
//! still right.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::digest::Digest;

/// Raised when the builder itself lays an image out differently.
const LAYOUT: u32 = 1;

/// A host path as it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    /// The path, links and all.
    pub path: PathBuf,
    /// Size in bytes, time of last change in nanoseconds since 1970, inode number of what it leads
    /// to; `None`: nothing was there.
    seen: Option<(u64, i64, u64)>,
}

impl Stamp {
    /// What `path` leads to now.
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

    fn holds(&self) -> bool {
        *self == Self::of(&self.path)
    }
}

/// What an image was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    layout: u32,
    list: Digest,
    /// Where tools were looked for: a name added or removed changes the folder.
    folders: Vec<Stamp>,
    /// The files copied.
    sources: Vec<Stamp>,
}

impl Manifest {
    /// The manifest of an image made by the list `list`.
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

    /// Where tools were looked for.
    pub(super) fn folders(&self) -> impl Iterator<Item = &Path> {
        self.folders.iter().map(|stamp| stamp.path.as_path())
    }

    /// Whether an image made of this is still what the list `list` and the host's files would make.
    pub(super) fn holds(&self, list: Digest) -> bool {
        self.layout == LAYOUT
            && self.list == list
            && self.folders.iter().chain(&self.sources).all(Stamp::holds)
    }
}
