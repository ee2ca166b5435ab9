//! The `host` image: built on first use from this machine's own binaries, and again when they
//! changed.
//!
//! `<images>/host/<generation>/rootfs` beside its `manifest.json`; `<images>/host/current` is a
//! link to the generation that new containers use. A generation is never changed once it is there:
//! containers may be running on it.

mod build;
mod digest;
mod home;
mod list;
mod manifest;
mod prune;
mod survey;
mod tree;

#[cfg(test)]
mod build_tests;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub(crate) use prune::prune;

use super::FileError;
use home::Home;
use list::ImageList;

/// Receives the progress of a build, a line at a time.
type Progress<'a> = &'a mut dyn FnMut(String);

/// An image ready for use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImageRoot {
    /// Its root: the lowest layer of a container's overlay.
    pub path: PathBuf,
    /// Which build it is: 16 hexadecimal digits.
    pub generation: String,
}

/// The image that new containers use, as it is kept.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The image.
    pub root: ImageRoot,
    /// When it was last found to be as this machine's files are.
    pub compared: Option<SystemTime>,
}

/// The host image below `images`; `None` while there is none. Nothing is compared or made.
pub(crate) fn kept(images: &Path) -> Option<Kept> {
    Home::of(images).kept()
}

/// An image that cannot be built.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImageError {
    /// A file operation failed.
    #[error("cannot build the host image: {0}")]
    File(#[from] FileError),
    /// A required path is missing.
    #[error("cannot build the host image: {} cannot be used: {what}", path.display())]
    Missing {
        /// The path.
        path: PathBuf,
        /// Why not.
        what: String,
    },
    /// The folder of images is writable by others.
    #[error("{} must be a folder that only its owner, we ourselves, can write: remove it or choose another --state", path.display())]
    Unsafe {
        /// The folder.
        path: PathBuf,
    },
    /// The list of the image's contents is invalid.
    #[error("the list of the host image is wrong: {0}")]
    List(#[from] toml::de::Error),
}

/// The `host` image below `images`, built first when there is none or the host's binaries changed.
///
/// Without changes this is a stat(2) for each of a few hundred files, or only for their folders
/// within a second of the last check. Concurrent callers are safe: one builds, the others wait.
/// `progress` is called only when an image is built.
///
/// # Errors
/// [`ImageError`]; the previous image is unchanged.
pub(crate) fn ensure(
    images: &Path,
    progress: &mut dyn FnMut(String),
) -> Result<ImageRoot, ImageError> {
    // the list is only needed for a build
    let (home, list) = (Home::open(images)?, ImageList::built_in_digest());
    if let Some(root) = home.compared(list).or_else(|| home.current(list)) {
        return Ok(root);
    }
    ensure_from(&ImageList::built_in()?, images, progress)
}

fn ensure_from(
    list: &ImageList,
    images: &Path,
    progress: Progress<'_>,
) -> Result<ImageRoot, ImageError> {
    let home = Home::open(images)?;
    if let Some(root) = home.current(list.digest) {
        return Ok(root);
    }
    let _lock =
        home.lock(|| progress("building the host image: waiting for another builder…".into()))?;
    if let Some(root) = home.current(list.digest) {
        return Ok(root);
    }
    home.sweep();
    build::build(&home, list, progress)
}
