//! A mount point inside the new root, opened or created without leaving that root.
//!
//! The image and the container's own layer are not trusted: each component is opened with
//! RESOLVE_IN_ROOT, so that a symbolic link in them cannot redirect a mount, or its mount point, to
//! the host.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{OFlag, openat};
use nix::libc;
use nix::sys::stat::{Mode, fstat, mkdirat};

use super::PlanError;
use super::overlay::c_path;
use crate::sys::mount::open_in_root;

/// An absolute path inside, split into components beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `a`, `a/b`, `a/b/c`: each prefix of the path, relative to the root.
    prefixes: Vec<CString>,
    /// `a`, `b`, `c`.
    names: Vec<CString>,
}

impl Place {
    /// Splits `path` into components.
    ///
    /// # Errors
    /// When it has a NUL byte.
    pub fn new(path: &str) -> Result<Self, PlanError> {
        let (mut prefixes, mut names, mut prefix) = (Vec::new(), Vec::new(), String::new());
        for name in path
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".")
        {
            if !prefix.is_empty() {
                prefix.push('/');
            }
            prefix.push_str(name);
            prefixes.push(c_path(prefix.as_ref())?);
            names.push(c_path(name.as_ref())?);
        }
        Ok(Self { prefixes, names })
    }

    /// The whole path, relative to the root.
    #[must_use]
    pub fn path(&self) -> &CStr {
        self.prefixes.last().map_or(c".", |p| p)
    }

    /// Opens the place below `root`, creating missing folders, and a folder or empty file at the
    /// end. Allocates nothing.
    ///
    /// # Errors
    /// ENOTDIR where a file is in the way, ELOOP for a magic link.
    pub fn open_or_make(&self, root: BorrowedFd<'_>, folder: bool) -> nix::Result<OwnedFd> {
        let mut parent: Option<OwnedFd> = None;
        for (index, (prefix, name)) in self.prefixes.iter().zip(&self.names).enumerate() {
            let last = index + 1 == self.names.len();
            let above = parent.as_ref().map_or(root, AsFd::as_fd);
            let found = match open_in_root(root, prefix, libc::O_PATH) {
                Err(Errno::ENOENT) => {
                    make(above, name, folder || !last)?;
                    open_in_root(root, prefix, libc::O_PATH)?
                }
                other => other?,
            };
            parent = Some(found);
        }
        parent.ok_or(Errno::EINVAL)
    }
}

fn make(parent: BorrowedFd<'_>, name: &CStr, folder: bool) -> nix::Result<()> {
    if folder {
        return mkdirat(parent, name, Mode::from_bits_truncate(0o755));
    }
    let flags = OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    openat(parent, name, flags, Mode::from_bits_truncate(0o644)).map(drop)
}

/// Whether `fd` is a folder.
pub(super) fn is_folder(fd: BorrowedFd<'_>) -> nix::Result<bool> {
    Ok(fstat(fd)?.st_mode & libc::S_IFMT == libc::S_IFDIR)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(name: &str) -> (std::path::PathBuf, OwnedFd) {
        let path = std::env::temp_dir().join(format!("minic-place-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        let fd = std::fs::File::open(&path).unwrap().into();
        (path, fd)
    }

    #[test]
    fn missing_folders_and_files_are_made() {
        let (path, fd) = root("made");
        Place::new("/a/b")
            .unwrap()
            .open_or_make(fd.as_fd(), true)
            .unwrap();
        Place::new("/a//./c.conf")
            .unwrap()
            .open_or_make(fd.as_fd(), false)
            .unwrap();
        assert!(path.join("a/b").is_dir() && path.join("a/c.conf").is_file());
        std::fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn a_link_cannot_lead_out() {
        let (path, fd) = root("links");
        let outside = path.with_extension("outside");
        std::fs::create_dir_all(&outside).unwrap();
        std::os::unix::fs::symlink(&outside, path.join("absolute")).unwrap();
        std::os::unix::fs::symlink("../../../../../../tmp", path.join("climbing")).unwrap();
        for place in ["/absolute/x", "/climbing/minic-place-escaped"] {
            // the link's target is looked for inside; it is not there, and cannot be made through a
            // dangling link
            let _ = Place::new(place).unwrap().open_or_make(fd.as_fd(), true);
        }
        assert_eq!(
            std::fs::read_dir(&outside).unwrap().count(),
            0,
            "nothing was made outside"
        );
        assert!(!std::env::temp_dir().join("minic-place-escaped").exists());
        std::fs::remove_dir_all(path).unwrap();
        std::fs::remove_dir_all(outside).unwrap();
    }

    #[test]
    fn a_file_in_the_way_is_an_error() {
        let (path, fd) = root("file");
        std::fs::write(path.join("f"), "").unwrap();
        assert_eq!(
            Place::new("/f/x")
                .unwrap()
                .open_or_make(fd.as_fd(), true)
                .unwrap_err(),
            Errno::ENOTDIR
        );
        std::fs::remove_dir_all(path).unwrap();
    }
}
