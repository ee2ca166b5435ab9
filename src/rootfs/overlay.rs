//! The overlay options of a container's root.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// mount(2) truncates options to one page, so longer ones are refused here. 4096 bytes, including a
/// NUL, is the smallest page of any Linux architecture.
const MAX_OPTIONS: usize = 4095;

/// The folders of a container's root, and its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootfsPaths {
    /// Root of the image; never written.
    pub image: PathBuf,
    /// The container's own files (`etc/hosts` and the like), a layer over the image; never written
    /// while mounted.
    pub base: PathBuf,
    /// The container's writable layer.
    pub upper: PathBuf,
    /// The work folder of overlayfs, on the filesystem of `upper`.
    pub work: PathBuf,
    /// The mount point, in the container's mount namespace only.
    pub merged: PathBuf,
    /// The SELinux label of all files in the root; `None` keeps those of the files.
    pub label: Option<String>,
    /// The mount point of the tmpfs that holds `upper` and `work`; `None` when they are on disk.
    pub memory: Option<PathBuf>,
}

impl RootfsPaths {
    /// The folders of a container in `folder` with the image `image`.
    #[must_use]
    pub fn new(folder: &Path, image: &Path) -> Self {
        Self {
            image: image.to_owned(),
            base: folder.join("base"),
            upper: folder.join("upper"),
            work: folder.join("work"),
            merged: folder.join("merged"),
            label: None,
            memory: None,
        }
    }

    /// The same with the writable layer on a tmpfs, mounted on `work`.
    #[must_use]
    pub fn in_memory(self) -> Self {
        Self {
            upper: self.work.join("upper"),
            work: self.work.join("work"),
            memory: Some(self.work),
            ..self
        }
    }
}

/// A root that cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A path has a NUL byte.
    #[error("{path:?} has a NUL byte, which no path can contain")]
    Nul {
        /// The path.
        path: PathBuf,
    },
    /// The overlay's options do not fit in a page.
    #[error(
        "the paths of the container's layers take {length} bytes, more than the {MAX_OPTIONS} that mount(2) reads: use a shorter --state"
    )]
    TooLong {
        /// Bytes needed.
        length: usize,
    },
}

/// `options` of a file system, with a label for all its files (mount(8), "context=").
///
/// The label comes first: SELinux parses its options before the file system does, and ignores the
/// escapes in paths. A level contains commas, hence the quotes.
pub(super) fn labelled(label: Option<&str>, options: Vec<u8>) -> Vec<u8> {
    match label {
        None => options,
        Some(label) => [format!("context=\"{label}\"").as_bytes(), &options].join(&b','),
    }
}

/// `path` as a C string.
///
/// # Errors
/// [`PlanError::Nul`].
pub(super) fn c_path(path: &Path) -> Result<CString, PlanError> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| PlanError::Nul {
        path: path.to_owned(),
    })
}

/// The overlay's options: `lowerdir=base:image,upperdir=upper,workdir=work`.
///
/// `\` before `:`, `,` and `\` keeps a path from being split (kernel:
/// Documentation/filesystems/overlayfs.rst, "Multiple lower layers", and `ovl_next_opt` and
/// `ovl_unescape` of fs/overlayfs/params.c).
///
/// # Errors
/// [`PlanError`].
pub(super) fn options(paths: &RootfsPaths) -> Result<CString, PlanError> {
    let mut text = b"lowerdir=".to_vec();
    for (before, path) in [
        ("", &paths.base),
        (":", &paths.image),
        (",upperdir=", &paths.upper),
        (",workdir=", &paths.work),
    ] {
        text.extend_from_slice(before.as_bytes());
        for &byte in path.as_os_str().as_bytes() {
            if matches!(byte, b':' | b',' | b'\\') {
                text.push(b'\\');
            }
            text.push(byte);
        }
    }
    let text = labelled(paths.label.as_deref(), text);
    if text.len() > MAX_OPTIONS {
        return Err(PlanError::TooLong { length: text.len() });
    }
    CString::new(text).map_err(|_| PlanError::Nul {
        path: paths.merged.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_split_a_path_is_escaped() {
        let paths = RootfsPaths::new(Path::new(r"/s,t/a:b\c d"), Path::new("/images/x"));
        assert_eq!(
            options(&paths).unwrap().to_str().unwrap(),
            r"lowerdir=/s\,t/a\:b\\c d/base:/images/x,upperdir=/s\,t/a\:b\\c d/upper,workdir=/s\,t/a\:b\\c d/work"
        );
    }

    #[test]
    fn options_longer_than_a_page_are_refused_not_cut() {
        let of = |length: usize| {
            RootfsPaths::new(
                Path::new(&format!("/{}", "x".repeat(length))),
                Path::new("/i"),
            )
        };
        let shortest = options(&of(1)).unwrap().to_bytes().len();
        let longest = 1 + (MAX_OPTIONS - shortest) / 3;
        assert!(options(&of(longest)).is_ok());
        assert!(
            matches!(options(&of(longest + 1)), Err(PlanError::TooLong { length }) if length > MAX_OPTIONS)
        );
    }

    #[test]
    fn a_label_stands_before_anything_that_a_path_could_be_taken_for() {
        let mut paths = RootfsPaths::new(Path::new("/c"), Path::new("/i"));
        paths.label = Some("u:object_r:t:s0:c1,c2".into());
        assert!(
            options(&paths)
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with(r#"context="u:object_r:t:s0:c1,c2",lowerdir=/c/base:/i,"#)
        );
    }

    #[test]
    fn a_nul_byte_is_refused() {
        let paths = RootfsPaths::new(Path::new("/a\0b"), Path::new("/i"));
        assert!(matches!(options(&paths), Err(PlanError::Nul { .. })));
        assert!(
            matches!(c_path(&paths.merged), Err(PlanError::Nul { path }) if path == paths.merged)
        );
    }
}
